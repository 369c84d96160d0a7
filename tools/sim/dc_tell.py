"""Which frames does a simulated PLC send, and how often? By contract version (b.3, b.4)."""


def tell(plc, dt_ms: int) -> None:
    """What is due in this step."""
    relays = sum(contactor.on << i for i, contactor in enumerate(plc.contactors))
    now = (relays, plc.stage, plc.reason(), plc.pilot, plc.lock.on, plc.complete)
    changed = now != plc._was
    plc._was = now
    if plc.version == 3:
        _v3(plc, dt_ms, relays, changed)
    elif plc.version == 2:
        _v2(plc, dt_ms, relays)
    else:
        _v1(plc, dt_ms, relays)
    if not plc.meter_lost and plc._every("meter", dt_ms, 500):
        _meter(plc)
    if plc.card:
        _card(plc)
    if plc.vehicle.plugged and plc.stage >= 3 and plc._every("identity", dt_ms, 5000):
        _identity(plc, "EVMAC", plc.vehicle.mac)
        _identity(plc, "EVCCID", plc.vehicle.evccid)
        _emaid(plc)


def _safe(plc):
    bits = "SW1 SW2 SW3 ESTOP_LATCHED SAFETY_OK EARTH_FAULT SW4 ESTOP_INPUT".split()
    return {name: plc.safety >> i & 1 for i, name in enumerate(bits)}


def _relays(plc, relays):
    found = {f"RLY{i + 1}_STATE": relays >> i & 1 for i in range(3)}
    reason = plc.reason()
    return {**found, "SafetyActive": reason != 0, "CommFault": reason == 5, "Reason": reason}


def _v3(plc, dt_ms, relays, changed):
    active = plc.stage >= 7 or relays
    if not plc._every("tlm", dt_ms, 300 if active else 1000, changed):
        return
    reason = plc.reason()
    volts, amperes = plc.target()
    plc._say(
        "PLC_TLM",
        CP=plc.pilot,
        Stage=plc.stage,
        Reason=reason,
        RelayState=relays,
        SafetyOk=plc.safety >> 4 & 1,
        Estop=bool(plc.safety & 0x88),
        Earth=plc.safety >> 5 & 1,
        Comm=reason == 5,
        Locked=plc.lock.on,
        CableOk=plc.cable_ok,
        Precharge=plc.stage == 8,
        Complete=plc.complete,
        LimitsRx=plc.limits & 255,
        TargetV=volts,
        TargetI=amperes,
    )


def _targets(plc):
    volts, amperes = plc.target()
    plc._say(
        "EVDC_TARGETS",
        TargetV=volts,
        TargetI=amperes,
        PresentV=plc.vehicle.emf_v if plc.vehicle.inlet else 0,
        PresentI=plc.vehicle.current_a,
    )


def _v2(plc, dt_ms, relays):
    if plc._every("state", dt_ms, 100):
        plc._say(
            "PLC_STATE",
            CP=ord("UABCDEF"[plc.pilot]),
            Stage=plc.stage,
            AuthGranted=plc.orders["GRANTED"],
            AuthPending=plc.orders["PENDING"],
            Locked=plc.lock.on,
            Complete=plc.complete,
            Precharge=plc.stage == 8,
            CableOk=plc.cable_ok,
        )
        uptime = plc.uptime_ms // 1000 & 0xFFFF
        fields = {**_relays(plc, relays), **_safe(plc)}
        plc._say("PLC_STATUS", Uptime=uptime, **fields)
        _targets(plc)
        _gcmc(plc, relays)


def _gcmc(plc, relays):
    plc._say(
        "GCMC_Status",
        Cmd=plc.relays,
        FB_GC=relays & 1,
        FB_MC=relays >> 1 & 1,
        FB_MN0=relays >> 2,
        Reason=plc.reason(),
        AppliedSeq=plc.seq,
        ReceivedSeq=plc.seq_seen,
    )


def _v1(plc, dt_ms, relays):
    if not plc._every("status", dt_ms, 100):
        return
    uptime = plc.uptime_ms // 1000 & 0xFFFF
    plc._say(
        "RelayStatus", AppliedSeq=plc.seq, Uptime=uptime, **_relays(plc, relays), **_safe(plc)
    )
    _targets(plc)
    if plc._every("slow", 100, 200):
        plc._say("SafetyStatus", **_safe(plc))
        plc._say("EVAC_CTRL", Duty=5, CP=ord("UABCDEF"[plc.pilot]))
        plc._say(
            "ChargeInfo",
            Stage=plc.stage,
            Complete=plc.complete,
            Precharge=plc.stage == 8,
            CableOk=plc.cable_ok,
            AuthGranted=plc.orders["GRANTED"],
            AuthPending=plc.orders["PENDING"],
            Locked=plc.lock.on,
        )
    if plc._every("maxima", 100, 1000):
        car = plc.vehicle
        top = car.top_a * car.battery.full_v / 1000
        plc._say("EVDC_MAX_LIMITS", V=car.battery.full_v, I=car.top_a, P=top)


def _meter(plc):
    car = plc.vehicle
    plc._register = not getattr(plc, "_register", False)
    if plc._register:
        volts = plc.bus_v() if plc.contactors[0].on else 0.0
        plc._say(
            "EnergyMeter", Mux=0, OK=1, V=volts, I=car.current_a, P=volts * car.current_a / 1000
        )
    else:
        plc._say("EnergyMeter", Mux=1, OK=1, Import=plc.metered_ws / 3_600_000, Freq=50)


def _pieces(plc, name, whole, **head):
    count = (len(whole) + 4) // 5
    padded = whole.ljust(5 * count, b"\0")
    for i in range(count):
        bytes_of = {f"Byte{j}": padded[5 * i + j] for j in range(5)}
        plc._say(name, Segments=count, Index=i, **head, **bytes_of)


def _identity(plc, name, whole):
    if whole:
        _pieces(plc, name, whole, TotalLength=len(whole))


def _emaid(plc):
    whole = plc.vehicle.emaid
    if whole:
        count = (len(whole) + 4) // 5
        padded = whole.ljust(5 * count, b"\0")
        for i in range(count):
            bytes_of = {f"Byte{j}": padded[5 * i + j] for j in range(5)}
            name = "EMAID0" if i == 0 else "EMAID1"
            plc._say(name, TotalLength=len(whole), Segments=count, Index=i, **bytes_of)


def _card(plc):
    uid, plc.card = plc.card, None
    plc._event = getattr(plc, "_event", 0) + 1 & 255
    _pieces(plc, "RFID_EVENT", uid, Length=len(uid), Event=plc._event)
