"""Does every command do what its row says, for a person and for a program?"""
# heapsize: 2m

import asyncio
import json

from console_world import App, Terminal, ask, fresh_log

from core import log
from station import topics


def setup():
    fresh_log()


def test_status_json_has_the_agreed_keys():
    app = App()
    data = json.loads(ask("status --json", app))
    assert sorted(data) == ["connectors", "csms", "health", "id", "version"]
    assert sorted(data["csms"]) == ["connected", "registration", "url"]
    keys_of_a_connector = sorted(
        "id status error transaction power_w limit_w limit_source energy_wh soc".split()
    )
    assert len(data["connectors"]) == 2
    for n, c in enumerate(data["connectors"]):
        assert sorted(c) == keys_of_a_connector
        assert (c["id"], c["status"], c["error"]) == (n + 1, "Available", "NoError")
        assert (c["transaction"], c["power_w"], c["soc"]) == (None, 0, None)
    assert data["id"] == "galvani-1"
    assert data["csms"] == {"connected": True, "registration": "Accepted", "url": ""}
    for key in ("uptime_s", "heap_used", "heap_free_min", "lag_max_ms", "beats", "errors"):
        assert key in data["health"]


def test_a_charge_by_console():
    app = App()
    w = app.world
    w.plug()
    w.pass_time(2)
    assert ask("start 1", app) == "authorising\n"
    w.until(lambda: w.wire.amps > 5, 20)
    w.pass_time(3)
    c = json.loads(ask("status --json", app))["connectors"][0]
    assert (c["status"], c["transaction"]) == ("Charging", -1)
    assert c["power_w"] > 100
    assert c["limit_w"] > c["power_w"] * 0.9
    assert c["limit_source"] in ("board", "cable", "vehicle")
    assert w.session.id_tag == "CONSOLE"
    w.session.transaction_id = 77
    assert json.loads(ask("status --json", app))["connectors"][0]["transaction"] == 77
    shown = ask("status", app)
    assert "connector 1 Charging" in shown
    assert "transaction 77" in shown
    assert "refused: a charge is under way" in ask("start 1", app)
    assert "refused: a charge is running" in ask("factory reset", app)
    assert ask("stop 1", app) == "stopping\n"
    w.pass_time(5)
    assert w.stopped[0].stop_reason == "Local"
    assert ask("stop 1", app) == "no charge at connector 1\n"
    assert ask("stop 2", app) == "no charge at connector 2\n"


def test_a_card_by_console_starts_and_stops():
    app = App()
    app.world.plug(2)
    app.world.pass_time(2)
    assert ask("tag 2 ABC123", app) == "authorising\n"
    app.world.until(lambda: app.station.connector(2).active(), 20)
    assert app.station.connector(2).session.id_tag == "ABC123"
    assert ask("tag 2 ABC123", app) == "stopping\n"
    assert "1 to 20 characters" in ask("tag 1 " + "x" * 21, app)


def test_reset_ends_charges_in_order():
    app = App()
    app.world.charge()
    assert ask("reset soft", app).startswith("Soft reset")
    app.world.pass_time(5)
    assert app.world.stopped[0].stop_reason == "SoftReset"
    assert [v for t, v in app.world.events if t == topics.RESET] == [("Soft", "SoftReset")]


def test_availability_and_clear():
    app = App()
    assert ask("available 2 off", app) == "Accepted\n"
    app.world.pass_time(1)
    assert app.station.connector(2).status == "Unavailable"
    assert ask("available 0 on", app) == "Accepted\n"
    assert ask("clear", app) == "no faults left\n"
    app.io.pressed = True
    app.world.pass_time(1)
    assert "connector 1: Faulted OtherError" in ask("faults", app)
    assert "still there: EmergencyStop" in ask("clear", app)


def test_config_by_console():
    app = App()
    assert ask("config get Identity", app) == "galvani-1\n"
    assert ask("config set BmsTimeout 6000", app) == "BmsTimeout = 6000\n"
    assert ask("config get bmstimeout", app) == "6000\n"
    assert "counts after: reset soft" in ask("config set Identity CP-9", app)
    assert "BmsTimeout = 6000 ms (default 5000)\n" in ask("config", app)
    assert ask("config list bms", app).count("\n") >= 3
    assert "VoltageMin" not in ask("config list bms", app)
    assert ask("config unset BmsTimeout", app) == "BmsTimeout = 5000\n"
    ask("config set MeterScalePpm 120", app)
    kept = ask("factory reset", app)
    assert "Identity, MeterScalePpm" in kept
    assert "energy registers" in kept
    assert ask("config get Identity", app) == "CP-9\n"


def test_secrets_show_in_no_command():
    app = App()
    secret = "00112233445566778899aabbccddeeff"
    answers = ask("config set AuthorizationKey " + secret, app)
    for line in (
        "config get AuthorizationKey",
        "config",
        "diagnostics",
        "diagnostics --json",
        "logs 200",
        "config set AuthorizationKey 0011223344556677889zzzzzzzzzzzzz",
    ):
        answers += ask(line, app)
    assert "AuthorizationKey = ***" in answers
    assert "00112233" not in answers


def test_logs_by_count_level_and_tag():
    for n in range(60):
        log.get("CAN").info("can %d", n)
        log.get("BMS").warn("bms %d", n)
    assert ask("logs").count("\n") == 50
    assert ask("logs 3").split("\n")[-2].endswith("bms 59")
    assert ask("logs 2 can").count("I CAN can") == 2
    assert ask("logs warn 200").count("can") == 0
    assert ask("logs 5 error") == ""


def test_following_the_log_is_each_session_s_choice():
    t = Terminal(echo=False)
    t.feed(b"\n")
    t.text = ""
    t.session.tell("one")
    assert t.text == "one\n"
    t.feed(b"logs follow off\n")
    t.text = ""
    t.session.tell("two")
    assert t.text == ""


def test_faults_tell_configuration_and_crashes():
    app = App()
    assert ask("faults", app) == "no faults\n"
    app.config.faults.append("config.json: not JSON")
    app.config.unknown["Odd"] = "1"
    app.restart.cause = "crash: control"
    app.restart.trace = "Traceback\n  here"
    shown = ask("faults", app)
    assert "configuration: config.json: not JSON" in shown
    assert "unknown key Odd is kept" in shown
    assert "last run ended by crash: control\n  Traceback\n    here" in shown


def test_time_by_console():
    app = App()
    assert ask("time", app).startswith("time unknown, up ")
    assert ask("time set 2026-01-02T03:04:05Z", app).startswith("2026-01-02T03:04:05Z by console")
    assert app.clock.wall() == 1767323045


def test_can_state_counters_and_dump():
    app = App()
    shown = ask("can", app)
    assert "can1 active, TEC 0, REC 1" in shown
    t = Terminal(app)
    frame = bytes((0x03, 0x48, 0x02, 0x58, 0, 0, 0, 0))

    async def traffic():
        for _ in range(30):
            await asyncio.sleep_ms(20)
            app.world.clock.ms += 100
            if app.cans[0].tap:
                app.cans[0].tap(0x1806E5F4, frame, 2)

    async def scenario():
        task = asyncio.create_task(traffic())
        await t.session.feed(b"can dump 1\n")
        await task

    t.machine("version")
    t.text = ""
    asyncio.run(scenario())
    lines = t.text.strip("\n\x04").split("\n")
    assert 5 < len(lines) < 12
    for line in lines:
        assert line.startswith("(")
        assert line.endswith(") can1 1806E5F4#0348025800000000")
    assert app.cans[0].tap is None


def test_a_dump_that_a_second_console_asks_for_is_refused():
    app = App()
    app.cans[0].tap = lambda *args: None
    assert ask("can dump", app) == "another console dumps already\n"


def test_diagnostics_json_is_json_line_by_line():
    app = App()
    text = ask("diagnostics --json", app)
    data = json.loads(text)
    for key in ("id", "health", "connectors", "faults", "config", "limits", "logs", "trace"):
        assert key in data
    assert max([len(line) for line in text.split("\n")]) < 4096


def test_tasks_tell_their_beats():
    app = App()
    app.supervisor._rows["csms"] = [None, 1000, 0, None, 2, 0, 1, 0]
    assert "csms waits to be started again" in ask("tasks", app)


def test_quit_closes_a_connection():
    t = Terminal()
    t.type("quit\r")
    assert not t.session.open


def test_diagnostics_show_what_was_never_delivered():  # S 3.7.1: never deleted silently
    import record

    app = App()
    app.store.write("a0000012", record.pack(["s", [1, "A1", 1000, 1800000000]]))
    app.store.write("a0000013", b"damaged")
    rows = json.loads(ask("diagnostics --json", app))["undelivered"]
    assert rows == [["a0000012", "s", [1, "A1", 1000, 1800000000]], ["a0000013", "?", None]]
    assert "given up, not delivered: a0000012 s" in ask("diagnostics", app)
