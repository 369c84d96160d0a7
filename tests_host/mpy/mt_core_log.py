"""Are 200 lines kept in 4 KB, limited, counted, and without secrets?"""

import gc

import mt

from core import log, logview


class Now:
    """A clock with known uptime; the date may be unknown."""

    up = 0
    wall = None

    def uptime_s(self):
        return self.up

    def wall_at(self, up):
        return None if self.wall is None else self.wall - (self.up - up)


def setup():
    Now.up += 1000  # a new window of the rate limit
    Now.wall = None
    log.clock = Now()
    log.limit = False
    log.flush(Now.up)
    log.hidden.clear()
    log.sinks[:] = []
    logview.setup("production", "INFO", 1024)
    logview.setup("production", "INFO", 4096)  # another size: the ring begins empty


def lines(*args):
    return list(logview.lines(*args))


def test_a_line_says_when_how_bad_who_and_what():
    Now.up = 3723
    log.get("CAN").warn("lost %d frames on %s", 3, "can0")
    assert lines() == ["+1:02:03 W CAN lost 3 frames on can0"]


def test_old_lines_show_the_date_as_soon_as_it_is_known():
    log.get("SYS").info("before")
    Now.up += 60
    Now.wall = 1763640060
    assert lines() == ["2025-11-20T12:00:00Z I SYS before"]


def test_the_level_decides_what_is_kept():
    L = log.get("BMS")
    logview.setup("production", "WARN,BMS:DEBUG")
    L.trace("t")
    L.debug("d")
    log.get("CHG").info("i")
    log.get("CHG").critical("c")
    assert [text.split()[1:] for text in lines()] == [["D", "BMS", "d"], ["C", "CHG", "c"]]
    assert L.on(1) and not L.on(0)


def test_silent_keeps_nothing_but_counts_errors():
    logview.setup("production", "SILENT")
    before = log.counts[7]
    log.get("OTA").critical("x")
    assert lines() == []
    assert log.counts[7] == before + 1


def test_debug_profile_keeps_debug_and_suppresses_nothing():
    logview.setup("debug", "WARN,CAN:TRACE")
    for n in range(30):
        log.get("BMS").debug("again %d", n)
    log.get("CAN").trace("frame")
    assert len(lines()) == 31


def test_wrong_levels_and_tags_are_named():
    assert logview.expected("INFO,CAN:TRACE") is None
    assert "TRACE DEBUG" in logview.expected("LOUD")
    assert "CAN BMS" in logview.expected("CAT:INFO")
    mt.raises(ValueError, logview.setup, "production", "LOUD")
    mt.raises(ValueError, logview.setup, "production", "CAT:INFO")


def test_a_message_may_come_twelve_times_in_ten_seconds():
    L = log.get("NET")
    for n in range(40):
        L.warn("no answer from %s", "host")
        L.warn("other") if n < 12 else None
    assert len(lines()) == 24
    Now.up += 9
    L.warn("no answer from %s", "host")
    assert len(lines()) == 24
    Now.up += 1
    log.flush(Now.up)
    assert lines()[-1].endswith("29 more in 10 s: no answer from %s")
    L.warn("no answer from %s", "host")
    assert len(lines()) == 26


def test_suppressed_errors_are_counted_all_the_same():
    before = log.counts[0]
    for _ in range(100):
        log.get("CAN").error("bus off")
    assert log.counts[0] == before + 100


def test_two_hundred_usual_lines_fit():
    L = log.get("OCPP")
    logview.setup("debug", "INFO")
    for n in range(260):
        if n % 3 == 0:
            L.info("connector %d %s, %s", n % 12 + 1, "Charging", "NoError")
        elif n % 3 == 1:
            L.info("StartTransaction %d sent", 100000 + n)
        else:
            L.warn("control step came after %d ms", 500 + n)
    kept = lines()
    assert len(kept) == 200
    assert kept[-1].endswith("connector 8 Charging, NoError") or "259" in kept[-1]
    assert "StartTransaction 1000" in "".join(kept)


def test_long_lines_push_old_ones_out_and_memory_stays():
    L = log.get("UI")
    logview.setup("debug", "INFO")
    gc.collect()
    before = gc.mem_alloc()
    for n in range(500):
        L.info("%s %d", "x" * 300, n)
    gc.collect()
    assert gc.mem_alloc() - before < 1500
    kept = lines()
    assert 25 < len(kept) <= 200
    assert kept[-1].endswith("x" * 120 + " 499")


def test_numbers_of_every_size_come_back():
    L = log.get("SYS")
    values = (0, 127, 128, -1, 8388607, -8388608, 8388608, -8388609, 1 << 40)
    for value in values:
        L.info("%s", value)
    assert [int(text.split()[-1]) for text in lines()] == list(values)


def test_text_is_never_cut_inside_a_character():
    log.get("SYS").info("%s", "a" + "ü" * 100)
    assert lines()[0].endswith("I SYS a" + "ü" * 59)


def test_many_arguments_never_break_the_record():
    log.get("SYS").info("%s %s %s %s", "a" * 200, "b" * 200, "c" * 200, "d" * 200)
    log.get("SYS").info("next")
    assert lines()[-1].endswith("next")
    assert "b" * 100 in lines()[0]


def test_wrong_arguments_cost_no_line_and_no_exception():
    log.get("SYS").info("%d volts", "many")
    log.get("SYS").info("%d and %d", 1)
    assert "many" in lines()[0]
    assert "%d and %d" in lines()[1]


def test_secrets_are_cut_out():
    log.hidden["AuthorizationKey"] = "00112233445566778899aabbccddeeff"
    log.hidden["WiFiPassword"] = ""
    L = log.get("NET")
    L.info("header %s", "Basic 00112233445566778899aabbccddeeff==")
    L.info("got %s", '{"key":"AuthorizationKey","value":"ffff0000"}')
    L.info("config %s = %s", "AuthorizationKey", "***")
    L.info("%s", "nothing secret")
    text = "\n".join(lines())
    assert "001122" not in text
    assert "ffff0000" not in text
    assert "config AuthorizationKey = ***" in text
    assert "nothing secret" in text


def test_an_exception_leaves_its_traceback():
    try:
        [][1]
    except IndexError as e:
        log.get("SYS").exc(e, "task %s crashed", "csms")
    kept = lines()
    assert kept[0].endswith("E SYS task csms crashed")
    assert "IndexError" in kept[-1]
    assert "mt_core_log" in kept[-2]


def test_the_last_lines_by_count_level_and_tag():
    for n in range(5):
        log.get("CAN").warn("c%d", n)
        log.get("BMS").error("b%d", n)
    assert [t.split()[-1] for t in lines(2)] == ["c4", "b4"]
    assert [t.split()[-1] for t in lines(2, 4)] == ["b3", "b4"]
    assert [t.split()[-1] for t in lines(200, 0, 0)] == ["c0", "c1", "c2", "c3", "c4"]


def test_reading_slowly_while_lines_come_gives_whole_lines():
    logview.setup("debug", "INFO")
    L = log.get("SYS")
    for n in range(200):
        L.info("line %d", n)
    got = []
    for text in logview.lines():
        got.append(text)
        for _ in range(5):
            L.info("more %s", "y" * 50)
    assert got[0].endswith("line 0")
    assert 10 < len(got) < 200
    for text in got:
        assert " I SYS line " in text


def test_sinks_see_each_line_once():
    seen = []
    log.sinks.append(seen.append)
    log.get("UI").info("shown %d", 1)
    assert seen == lines()


def test_what_is_not_kept_is_not_formatted():
    class Costly:
        asked = 0

        def __str__(self):
            Costly.asked += 1
            return "costly"

    log.get("SYS").debug("%s", Costly())
    assert Costly.asked == 0
    log.get("SYS").info("%s", Costly())
    assert Costly.asked == 1
