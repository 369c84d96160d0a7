# The station in ROMFS: updated without a new firmware, one app slot.
file(WRITE ${CMAKE_BINARY_DIR}/sdkconfig.romfs
    "CONFIG_PARTITION_TABLE_CUSTOM_FILENAME=\"${MICROPY_BOARD_DIR}/partitions-romfs.csv\"\n")
list(APPEND SDKCONFIG_DEFAULTS ${CMAKE_BINARY_DIR}/sdkconfig.romfs)

list(APPEND MICROPY_DEF_BOARD
    MICROPY_HW_BOARD_NAME="Galvani WROOM with ROMFS"
    MICROPY_VFS_ROM=1
)

set(MICROPY_FROZEN_MANIFEST ${MICROPY_BOARD_DIR}/manifest_romfs.py)
