"""Which settings does the station itself have (beside the keys of OCPP section 9)?

A row a key: `Name type default min max access flags unit`, one blank between fields, `-` for
nothing; every literal begins with a line feed. The table is one bytes object: a row costs its
length and no object. The comment after a row is its documentation: docs/config.md is generated
from this file (tools/docs_config.py), on the device it costs nothing.

types   int; bool; str (min..max characters); csl (comma list, min..max items); hex (digits);
        url (ws or wss); a|b|c (one of). access: RW, R (station only), W (secret, never shown).
flags   r: counts from the next start on. o: visible by OCPP (GetConfiguration). k: kept by a
        factory reset.
"""

KEYS = (
    # -- who and where
    b"\nIdentity str galvani-1 1 48 RW rk -"  # charge point identity, appended to CsmsUrl
    b"\nCsmsMode ocpp|none ocpp - - RW r -"  # none: no central system, local cards decide
    b"\nCsmsUrl url - - 400 RW ro -"  # central system; empty: not connected, cards wait offline
    b"\nAuthorizationKey hex - 32 40 W o -"  # HTTP Basic password, hex (security whitepaper A00)
    b"\nReconnectMin int 2 1 600 RW - s"  # first wait before a reconnect; doubles, with jitter
    b"\nReconnectMax int 120 5 3600 RW - s"  # longest wait before a reconnect
    b"\nMessageTimeout int 30 1 300 RW o s"  # an answer later than that is late (J 4.1.1)
    b"\nMessageSizeMax int 12288 2048 65536 RW r B"  # longest message received or built
    b"\nWiFiSsid str - 1 32 RW r -"  # network name; empty: no WiFi
    b"\nWiFiPassword str - 8 63 W r -"  # network password
    b"\nWiFiSsid2 str - 1 32 RW r -"  # joined when the first is not there
    b"\nWiFiPassword2 str - 8 63 W r -"  # its password
    b"\nWiFiSsid3 str - 1 32 RW r -"  # joined when neither is
    b"\nWiFiPassword3 str - 8 63 W r -"  # its password
    b"\nWiFiCountry str XX 2 2 RW r -"  # two-letter country code of the radio
    b"\nHostname str galvani 1 32 RW r -"  # DHCP host name
    b"\nNetAddress csl - 4 4 RW r -"  # fixed address,mask,gateway,name server; empty: by DHCP
    b"\nNtpServers csl pool.ntp.org 0 4 RW - -"  # time servers, where the board has a link
    b"\nLinkTimeout int 120 30 3600 RW - s"  # no address so long: the interface starts anew
    b"\nLinkReboots int 3 0 10 RW - -"  # restarts in a row for want of a network; 0: never
    b"\nProvisionTime int 15 1 120 RW - min"  # the set-up page goes by itself after that
    b"\nProvisionPassword str - 8 63 W - -"  # WPA2 password of its access point; empty: open
    b"\nStatusPage bool true - - RW - -"  # read-only page on the local network (where built in)
    # -- who may charge
    b"\nFreeVend bool false - - RW o -"  # plugging in starts a charge, without a card
    b"\nFreeVendIdTag str FREEVEND 1 20 RW o -"  # idTag of such a charge
    b"\nLocalCards csl - 0 50 RW - -"  # cards that may charge when CsmsMode is none
    # -- vehicle and charger module (can_protocols a.4)
    b"\nRivotProfile seed|head|later later - - RW r -"  # generation of the Rivot contract
    b"\nModuleCurrentScale u32/1024|u16/1024|u16/10 u32/1024 - - RW r -"  # telemetry current
    b"\nModuleTempScale u32/1024|u16/1000 u32/1024 - - RW r -"  # telemetry temperature
    b"\nModuleSetCurrentScale int 305 1 10000 RW r -"  # set-point: units for 10 A
    b"\nBmsByte5 auto|none|mode|soc auto - - RW r -"  # BMS byte 5; auto: as the generation has it
    b"\nBmsTimeout int 5000 500 60000 RW - ms"  # a BMS permit lives that long
    b"\nModuleTimeout int 3000 500 60000 RW - ms"  # a module silent for longer is lost
    b"\nBmsSilentStop int 30 0 3600 RW - s"  # BMS silent that long ends the transaction
    b"\nSuspendedEVStopAfter int 0 0 86400 RW - s"  # EV does not ask so long: stop; 0: never
    b"\nEndCurrent int 10 0 500 RW - da"  # below that (0.1 A) the battery counts as full..
    b"\nEndCurrentTime int 60 1 3600 RW - s"  # ..when it stays so for that long
    b"\nPlugTimeout int 8000 500 60000 RW - ms"  # no plug input: BMS silent so long is unplugged
    # -- limits; the board's ratings stand above them
    b"\nVoltageMin int 560 0 10000 RW - dv"  # lowest output voltage, 0.1 V
    b"\nVoltageMax int 855 10 10000 RW - dv"  # highest output voltage, 0.1 V
    b"\nCurrentMax int 1000 10 6000 RW - da"  # highest output current, 0.1 A
    b"\nTempDerate int 65 20 120 RW - degC"  # derating begins
    b"\nTempMax int 80 25 130 RW - degC"  # output off
    b"\nTempFaultDelay int 5 0 60 RW - s"  # off for that long and still hot: Faulted
    # -- what a limit of the back office means (docs/ocpp16_design.md)
    b"\nChargingLimitCurrent output|grid output - - RW - -"  # A: of the output, or of a phase
    b"\nSupplyVoltage int 230 100 500 RW - V"  # of one phase, for A into W with grid (E 3.69)
    b"\nSupplyPhases int 3 1 3 RW - -"  # phases that feed this station
    b"\nCompositeLocalLimits bool false - - RW - -"  # true: reported schedules end at the ratings
    # -- energy
    b"\nEnergySource module|meter module - - RW r -"  # who measures the energy
    b"\nMeterScalePpm int 0 -100000 100000 RW k ppm"  # calibration: gain error
    b"\nMeterOffset int 0 -1000 1000 RW k da"  # calibration: current offset, 0.1 A
    b"\nEnergySnapshotInterval int 30 10 3600 RW - s"  # register and transaction to flash
    # -- service
    b"\nLogProfile production|debug production - - RW - -"  # debug: DEBUG and above, no limit
    b"\nLogLevel csl INFO 1 9 RW - -"  # INFO or with tags INFO,CAN:TRACE,OCPP:DEBUG
    b"\nLogBuffer int 4096 512 16384 RW r B"  # ring of the last 200 lines
    b"\nConsoleLock str - 8 64 W k -"  # password of the console; set: `login` first (security.md)
    b"\nUpdateTrialTime int 1800 180 86400 RW - s"  # an update not well by then is taken back
    b"\nWatchdogTimeout int 20 5 120 RW r s"  # the dog bites when nobody feeds it so long
)
