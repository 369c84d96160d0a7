"""Which configuration keys of OCPP 1.6 section 9 does this station have?

A row a key, format and meaning of the columns: lib/station/keys.py, which has the station's own
keys (MessageTimeout of E 3.83 is there). The comment after a row is its documentation.
"""

KEYS = (
    # -- 9.1 Core
    b"\nAllowOfflineTxForUnknownId bool false - - RW o -"  # 9.1.1: unknown cards charge offline
    b"\nAuthorizationCacheEnabled bool true - - RW o -"  # 9.1.2: remember what the CSMS said
    b"\nAuthorizationCacheSize int 32 0 50 RW - -"  # tokens that the cache holds
    b"\nAuthorizeRemoteTxRequests bool false - - RW o -"  # 9.1.3: a remote start asks first
    b"\nClockAlignedDataInterval int 0 0 86400 RW o s"  # 9.1.5: 0: no clock-aligned readings
    b"\nConnectionTimeOut int 60 0 86400 RW o s"  # 9.1.6, E 3.77: Preparing lasts at most so long
    b"\nConnectorPhaseRotation csl 1.NotApplicable 0 13 RW o -"  # 9.1.7: N.NotApplicable for DC
    b"\nConnectorPhaseRotationMaxLength int 13 0 13 R o -"  # 9.1.8
    b"\nGetConfigurationMaxKeys int 20 1 100 R o -"  # 9.1.9: keys asked for in one request
    b"\nHeartbeatInterval int 300 0 999999999 RW o s"  # 9.1.10: set by BootNotification.conf too
    b"\nLocalAuthorizeOffline bool true - - RW o -"  # 9.1.12: known cards charge offline
    b"\nLocalPreAuthorize bool false - - RW o -"  # 9.1.13: known cards need not wait online
    b"\nMaxEnergyOnInvalidId int 0 0 1000000 RW o Wh"  # 9.1.14: for a token found invalid later
    b"\nMeterValuesAlignedData csl Energy.Active.Import.Register 0 8 RW o -"  # 9.1.15
    b"\nMeterValuesAlignedDataMaxLength int 8 0 8 R o -"  # 9.1.16
    b"\nMeterValuesSampledData csl Energy.Active.Import.Register,Power.Active.Import,Voltage,"
    b"Current.Import,Current.Offered,SoC,Temperature 0 8 RW o -"  # 9.1.17, contract a.6
    b"\nMeterValuesSampledDataMaxLength int 8 0 8 R o -"  # 9.1.18
    b"\nMeterValueSampleInterval int 60 0 86400 RW o s"  # 9.1.19: 0: no sampled readings
    b"\nMinimumStatusDuration int 0 0 3600 RW o s"  # 9.1.20: a status this stable is reported
    b"\nNumberOfConnectors int 1 1 12 R o -"  # 9.1.21: of the board
    b"\nResetRetries int 1 0 10 RW o -"  # 9.1.22: a reset of this station does not fail
    b"\nStopTransactionMaxMeterValues int 10 2 10 R o -"  # E 3.91: readings in transactionData
    b"\nStopTransactionOnEVSideDisconnect bool true - - RW o -"  # 9.1.23
    b"\nStopTransactionOnInvalidId bool true - - RW o -"  # 9.1.24; false: only the energy stops
    b"\nStopTxnAlignedData csl - 0 8 RW o -"  # 9.1.25
    b"\nStopTxnAlignedDataMaxLength int 8 0 8 R o -"  # 9.1.26
    b"\nStopTxnSampledData csl - 0 8 RW o -"  # 9.1.27
    b"\nStopTxnSampledDataMaxLength int 8 0 8 R o -"  # 9.1.28
    b"\nSupportedFeatureProfiles csl Core,FirmwareManagement,LocalAuthListManagement,Reservation,"
    b"RemoteTrigger,SmartCharging 1 6 R o -"  # 9.1.29
    b"\nSupportedFeatureProfilesMaxLength int 6 0 6 R o -"  # 9.1.30
    b"\nTransactionMessageAttempts int 3 1 100 RW o -"  # 9.1.31: then the message is archived
    b"\nTransactionMessageRetryInterval int 60 0 86400 RW o s"  # 9.1.32: times the attempts so far
    b"\nUnlockConnectorOnEVSideDisconnect bool false - - R o -"  # 9.1.33, E 3.84: fixed cable
    b"\nWebSocketPingInterval int 60 0 86400 RW o s"  # 9.1.34: 0: no pings
    # -- 9.2 Local Auth List Management
    b"\nLocalAuthListEnabled bool true - - RW o -"  # 9.2.1: false: kept, but not used
    b"\nLocalAuthListMaxLength int 1000 0 1000 R o -"  # 9.2.2: tokens on the list
    b"\nSendLocalListMaxLength int 50 1 50 R o -"  # 9.2.3: tokens in one SendLocalList
    # -- 9.3 Reservation
    b"\nReserveConnectorZeroSupported bool true - - R o -"  # 9.3.1: whichever is free
    # -- 9.5 Firmware Management
    b"\nSupportedFileTransferProtocols csl FTP,HTTP,HTTPS 1 4 R o -"  # E 3.90
    # -- 9.4 Smart Charging
    b"\nChargeProfileMaxStackLevel int 20 0 20 R o -"  # 9.4.1
    b"\nChargingScheduleAllowedChargingRateUnit csl Current,Power 1 2 R o -"  # 9.4.2, E 3.88: A, W
    b"\nChargingScheduleMaxPeriods int 50 1 50 R o -"  # 9.4.3
    b"\nConnectorSwitch3to1PhaseSupported bool false - - R o -"  # 9.4.4: the output is DC
    b"\nMaxChargingProfilesInstalled int 30 1 30 R o -"  # 9.4.5
    # -- security (the whitepaper, edition 3; AuthorizationKey is among the station's own)
    b"\nAdditionalRootCertificateCheck bool false - - R o -"  # WP 7.1: a new root replaces the old
    b"\nCertificateSignedMaxChainSize int 10000 0 10000 R o -"  # WP 7.3: characters of a chain
    b"\nCertificateStoreMaxLength int 8 1 20 R o -"  # WP 7.4: root certificates
    b"\nCpoName str - 1 64 RW o -"  # WP 7.5: organisation in the station's own certificate
    b"\nSecurityEvents bool true - - RW o -"  # false: critical ones are only in the security log
    b"\nSecurityProfile int 0 0 3 RW o -"  # WP 7.6: 1 password, 2 TLS too, 3 TLS, own certificate
    # -- signed meter values (docs/signed_meter.md; SMV: the OCA's application note)
    b"\nAlignedDataSignReadings bool false - - RW o -"  # SMV 3.3.7: as SampledDataSignReadings
    b"\nAlignedDataSignUpdatedReadings bool false - - RW o -"  # SMV 3.3.8: clock-aligned ones too
    b"\nMeterPublicKey1 str - 0 500 R o -"  # SMV 3.3.1: of the meter at connector 1
    b"\nMeterPublicKey2 str - 0 500 R o -"  # SMV 3.3.1: of the meter at connector 2
    b"\nPublicKeyWithSignedMeterValue Never|OncePerTransaction|EveryMeterValue Never - - RW o -"
    # SMV 3.3.2: where the public key is sent along
    b"\nSampledDataSignReadings bool false - - RW o -"  # SMV 3.3.3: begin and end, in the stop
    b"\nSampledDataSignStartedReadings bool false - - RW o -"  # SMV 3.3.5: begin, at once
    b"\nSampledDataSignUpdatedReadings bool false - - RW o -"  # SMV 3.3.6: sampled ones too
    b"\nSignedMeterValueFormat oca|plain oca - - RW o -"  # plain: the meter's OCMF text itself
    b"\nStartTxnSampledData csl - 0 8 RW o -"  # SMV 3.3.4: a MeterValues.req right after the start
    # -- this station's own
    b"\nResumeTransactionAfterPowerLoss bool false - - RW o -"  # false: StopTransaction PowerLoss
    b"\nRivotMessages bool false - - RW o -"  # DataTransfer of the Rivot contract (a.6)
    b"\nRivotInterval int 5 1 3600 RW o s"  # VehicleInfo while plugged and not charging
)
