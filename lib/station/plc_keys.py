"""Which settings has a station of guns with PLCs and shared modules (power path plc)?

Rows as in station/keys.py. Sources: can_protocols b.4 to b.8, planner.md "Defaults".
"""

KEYS = (
    # -- guns with a PLC, on a ring of shared modules
    b"\nPlcContract int 3 1 3 RW r -"  # version of the PLC contract
    b"\nGunRelayBy station|plc station - - RW r -"  # who moves the gun's contactor
    b"\nHlcPowerStage int 9 1 63 RW - -"  # stage of the PLC from which energy may flow
    b"\nPlcLockRequired bool true - - RW - -"  # no energy before the PLC reports the lock
    b"\nAutocharge bool false - - RW o -"  # the vehicle's MAC is a token (VID:..)
    b"\nPlugAndCharge bool false - - RW o -"  # the vehicle's contract (EMAID) is a token
    b"\nGridLimit int 720000 0 5000000 RW o W"  # DC power of the whole station
    b"\nGunVoltageMax int 10000 500 10000 RW - dv"  # highest voltage of a gun, 0.1 V
    b"\nGunCurrentMax int 5000 10 6000 RW - da"  # highest current of a gun, 0.1 A
    b"\nGunTempDerate int 80 20 120 RW - degC"  # of the connector: derating begins
    b"\nGunTempMax int 90 25 130 RW - degC"  # of the connector: output off
    b"\nModuleCurrentBy amps|part amps - - RW r -"  # set-point: amperes, or part of rated
    b"\nModuleTempDerate int 75 20 120 RW - degC"  # of a power module: derating begins
    b"\nModuleTempMax int 85 25 130 RW - degC"  # a module as hot as that gives nothing
    b"\nRampUp int 25 1 1000 RW - da"  # of a gun's current, 0.1 A in 100 ms
    b"\nRampDown int 100 1 5000 RW - da"  # the same downwards
    b"\nLayoutGain int 5000 0 1000000 RW - W"  # a new layout for comfort gains that (or 10 %)..
    b"\nLayoutGainTime int 5000 0 600000 RW - ms"  # ..for so long
    b"\nTieHold int 30000 250 600000 RW - ms"  # a slot stays with its gun at least so long
    b"\nIslandRadius int 6 0 32 RW - -"  # slots to each side that a gun may borrow
    b"\nIslandModules int 24 1 64 RW - -"  # modules that a gun may have
    b"\nModuleHold int 1000 0 60000 RW - ms"  # a module and its contactor stay at least so long
    b"\nGunHold int 500 0 60000 RW - ms"  # a gun's contactor moves again after so long
    b"\nModuleTimeout int 2000 500 10000 RW - ms"  # a module that is silent for so long is lost
    b"\nEmergencyTime int 300 0 1000 RW - ms"  # an emergency waits so long for the current to fall
    b"\nOpenTime int 100 0 5000 RW - ms"  # a contactor opens when it was below for so long..
    b"\nCloseTime int 200 0 5000 RW - ms"  # ..a tie closes when voltages were alike for so long
    b"\nSafeVoltage int 600 100 600 RW - dv"  # a bus below that is dead, 0.1 V
    b"\nOpenCurrent int 10 1 50 RW - da"  # a contactor opens below that, 0.1 A
    b"\nCloseVoltage int 200 10 500 RW - dv"  # a contactor closes over less than that, 0.1 V
)
