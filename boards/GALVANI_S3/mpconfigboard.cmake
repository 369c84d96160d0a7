set(IDF_TARGET esp32s3)

# The table's path must be absolute for a board outside of MicroPython's tree.
file(WRITE ${CMAKE_BINARY_DIR}/sdkconfig.partitions
    "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"${MICROPY_BOARD_DIR}/partitions-ota.csv\"\n")

set(SDKCONFIG_DEFAULTS
    boards/sdkconfig.base
    boards/sdkconfig.usb
    boards/sdkconfig.240mhz
    boards/sdkconfig.spiram_sx
    boards/sdkconfig.spiram_oct
    ${MICROPY_BOARD_DIR}/sdkconfig.board
    ${CMAKE_BINARY_DIR}/sdkconfig.partitions
)

# machine.CAN is switched on where this MicroPython has it for the ESP32.
if(EXISTS ${CMAKE_SOURCE_DIR}/machine_can.c)
    list(APPEND MICROPY_DEF_BOARD MICROPY_PY_MACHINE_CAN=1)
endif()

set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest.py)
