// GALVANI_WROOM: ESP32-WROOM-32, 4 MB flash, no PSRAM.

#ifndef MICROPY_HW_BOARD_NAME
#define MICROPY_HW_BOARD_NAME "Galvani WROOM"
#endif
// drivers/twai_setup.py tells the classic ESP32 by this name.
#define MICROPY_HW_MCU_NAME "ESP32"

// The first heap area stays at the port's 56 KB: the station lives in it, and what the heap does
// not take is there for WiFi and TLS.

// No Bluetooth: it would take 60 KB of heap, and sdkconfig.board has it off.
#define MICROPY_PY_BLUETOOTH (0)
