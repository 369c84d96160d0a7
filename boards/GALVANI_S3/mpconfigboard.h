// GALVANI_S3: ESP32-S3, 8 MB flash, octal PSRAM.

#ifndef MICROPY_HW_BOARD_NAME
#define MICROPY_HW_BOARD_NAME "Galvani S3"
#endif
#define MICROPY_HW_MCU_NAME "ESP32S3"

// The console is on the USB-UART bridge too.
#define MICROPY_HW_ENABLE_UART_REPL (1)

// No Bluetooth, as in sdkconfig.board.
#define MICROPY_PY_BLUETOOTH (0)
