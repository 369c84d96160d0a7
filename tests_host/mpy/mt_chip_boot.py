"""Does the station come up on each chip, and do battery and module reach it through TWAI?

board.py is the one of boards/NAME, machine and the controller are models; the rest is the
firmware as it is. No environment variables there, no getenv.
"""

# heapsize: 512k
# timeout: 60

import asyncio
import sys

import fake_chip
import fake_network
import mt
from fake_mcp2515 import Mcp2515

for _path in sys.path:
    if _path.endswith("/tests_host/mpy"):
        ROOT = _path[: -len("/tests_host/mpy")]


def boarded(name):
    """boards/NAME/board.py as the module `board`, machine replaced, the flash empty."""
    chip = fake_chip.fresh()
    for module in ("main", "board"):
        sys.modules.pop(module, None)
    sys.modules["machine"] = fake_chip
    fake_network.install()
    sys.path.insert(0, ROOT + "/boards/" + name)
    try:
        import board
    finally:
        sys.path.pop(0)
    return chip, board


def test_boot_puts_every_output_off():
    _, board = boarded("ESP32_GENERIC")
    for pins in ((25,), (25, ~27), (4, ~0)):
        board.OUTPUT_PINS = pins
        sys.modules.pop("boot", None)
        __import__("boot")
        for pin in pins:
            number = pin if pin >= 0 else ~pin
            assert fake_chip.pins[number].history == [int(pin < 0)]
        assert fake_network.WLAN().active()  # its memory is taken before the firmware's


def test_a_broken_board_file_leaves_the_repl_to_the_user():
    _, board = boarded("ESP32_GENERIC")
    board.OUTPUT_PINS = (99,)
    sys.modules.pop("boot", None)
    __import__("boot")  # prints the traceback, raises nothing


async def playing(app, chip, ms, frames=()):
    """The bus for `ms`: `frames` come in each 100 ms, the controller's time goes on."""
    for n in range(ms // 10):
        chip.run(10000)
        if n % 10 == 0:
            for frame in frames:
                chip.arrive(*frame)
        for timer in fake_chip.Timer.made:
            timer.callback(timer)
        await asyncio.sleep_ms(10)


async def test_frames_reach_the_path_and_set_points_reach_the_bus():
    chip, board = boarded("ESP32_GENERIC")
    import main

    app = main.build()
    task = asyncio.create_task(main.main(app))
    request = (0x1806E5F4, b"\x02\xee\x02\x58\x00\x00\x00\x00")  # 75.0 V, 60.0 A, permitted
    await playing(app, chip, 1500, (request,))
    path = app.paths[0]
    assert path.bms_fresh()
    assert path.permit()
    assert path.can_ok
    sent = [frame[0] for frame in chip.sent]
    assert 0x068181FE in sent  # STOP, again and again
    assert [f for f in chip.sent if f[0] == 0x068181FE and f[1][:4] == b"\x01\x32\x00\x01"]
    assert not [f for f in chip.sent if f[0] == 0x068181FE and f[1][:4] == b"\x01\x32\x00\x00"]
    assert app.cans[0].get_counters()[7] == 0
    assert app.io.plug(1) is None
    assert fake_chip.WDT.fed > 0
    task.cancel()
    app.cans[0].deinit()


def test_the_bus_hears_stop_again_and_again():
    """With no name but main.run: for a build that has given the others away, too."""
    chip, board = boarded("ESP32_GENERIC")
    import main

    async def battery():
        await playing(None, chip, 1500, ((0x1806E5F4, b"\x02\xee\x02\x58\x00\x00\x00\x00"),))
        raise KeyboardInterrupt

    asyncio.create_task(battery())
    main.run()  # Ctrl-C leaves it
    asyncio.new_event_loop()
    stops = [f for f in chip.sent if f[0] == 0x068181FE and f[1][:4] == b"\x01\x32\x00\x01"]
    assert len(stops) > 3
    assert fake_chip.WDT.fed > 0


async def test_the_emergency_stop_of_a_galvani_board_is_a_closed_loop():
    for name, estop in (("GALVANI_WROOM", 32), ("GALVANI_S3", 6)):
        chip, board = boarded(name)
        second = fake_chip.devices[10] = Mcp2515()
        fake_chip.drive(9, 1)
        second.int_pin = lambda level: fake_chip.drive(9, level)
        for pin in (35, 36):
            fake_chip.drive(pin, 1)
        fake_chip.drive(estop, 0)
        import main

        app = main.build()
        assert app.cans[0].state() == 1
        app.station.step(100)
        app.station.step(100)
        assert app.station.status != "Faulted"
        assert app.io.estop() is False
        fake_chip.drive(estop, 1)
        app.station.step(100)
        assert app.station.status == "Faulted"
        assert app.station.error_code != "NoError"
        app.io.poll(app, 20)
        app.cans[0].deinit()


def test_a_hard_reset_is_the_chip_s():
    boarded("ESP32_GENERIC")
    from core.restart import reboot

    mt.raises(fake_chip.Reset, reboot, "Soft")


def test_ctrl_c_while_the_station_starts_leaves_the_repl_an_hour():
    chip, board = boarded("ESP32_GENERIC")
    import main
    from drivers import wdt

    opened = wdt.open

    def interrupted(timeout_ms, mark):
        main.app.dog = opened(timeout_ms, mark)
        raise KeyboardInterrupt

    wdt.open = interrupted
    try:
        mt.raises(KeyboardInterrupt, main.run)
    finally:
        wdt.open = opened
        asyncio.new_event_loop()
    assert fake_chip.WDT.last == 3600000
    main.app.cans[0].deinit()
