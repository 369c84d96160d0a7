# Galvani. `make help` lists every target. Recipes that need more than a line live in tools/.

PYTHON := .venv/bin/python
BOARD ?= UNIX
# make run takes ONCE=1 (play one charge, then end), PROFILE=rivot|dc, and for tools/run.py itself
# SPEED=10 (times faster than real time) and SOC=35 (state of charge at the start).
RUN_OPTIONS = $(if $(ONCE),--once) $(if $(PROFILE),--profile $(PROFILE))
# PYTEST="-k word -x" is handed on by the test targets.
PYTEST ?=
# Half of what the tests do is waiting for processes.
WORKERS ?= $(shell expr 2 \* $$(nproc))

.DEFAULT_GOAL := help
.PHONY: help setup ports run test test-long mutants check format mpy frozen firmware bench clean distclean \
        deploy console backup restore provision factory-image flash release ota
export PYTHONDONTWRITEBYTECODE := 1

help: ## lists these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: ## installs what the host needs into .venv (and the web page's npm packages)
	@python3 tools/setup_env.py

ports: setup ## builds the MicroPython Unix ports, 64- and 32-bit, into build/
	@$(PYTHON) tools/micropython.py build

run: ports ## a central system, a charger and a vehicle that charges; ONCE=1 ends after one charge, PROFILE=dc twelve guns
	@$(PYTHON) tools/run.py $(RUN_OPTIONS)

test: ports ## the default test suite, under 5 minutes
	@$(PYTHON) -m pytest -q -n $(WORKERS) $(PYTEST)

test-long: ports ## the long tests alone
	@$(PYTHON) -m pytest -q -n 2 --dist=loadfile -m long --hypothesis-profile=long $(PYTEST)

mutants: setup ## small mistakes in the planner and the station: which do the tests notice? SAMPLE=30 a file
	@$(PYTHON) tests_host/mutants.py --sample $(or $(SAMPLE),30) $(MUTANTS)

check: setup ## style, layers, sizes, generated files, links
	@$(PYTHON) -m tools.check

format: setup ## formats the Python sources
	@$(PYTHON) -m ruff format -q .
	@$(PYTHON) -m ruff check -q --select I --fix .

mpy: setup ## cross-compiles lib/ and firmware/ with the files of BOARD=UNIX into build/mpy
	@$(PYTHON) tools/build.py --board $(BOARD)

frozen: setup ## builds the Unix ports with the firmware frozen in
	@$(PYTHON) tools/micropython.py build --frozen

firmware: setup ## builds the own MicroPython of BOARD=GALVANI_WROOM (VARIANT=ROMFS), or says what is missing
	@$(PYTHON) tools/firmware.py --board $(BOARD) $(if $(VARIANT),--variant $(VARIANT))

bench: ports ## the figures, one JSON line each
	@$(PYTHON) -m tools.bench

# Targets that work on a board: PORT=/dev/ttyUSB0 or auto, BOARD=ESP32_GENERIC; FORCE=1 ends a
# running charge, HEAP_CHECK=0 and ROM=0 leave a check or the ROMFS out, WAIT=0 does not wait.
# CONSOLE_PASSWORD in the environment opens a locked console.
PORT ?= auto
CHIP := $(if $(filter UNIX,$(BOARD)),$(if $(filter file,$(origin BOARD)),ESP32_GENERIC,UNIX),$(BOARD))
DEPLOY = $(PYTHON) tools/deploy.py
SERIAL = --port $(PORT) $(if $(FORCE),--force)
WAITING = $(if $(filter 0,$(WAIT)),--no-wait)

deploy: setup ## puts the firmware onto the board: PORT=auto BOARD=ESP32_GENERIC; only what changed
	@$(DEPLOY) deploy $(SERIAL) $(WAITING) --board $(CHIP) $(if $(filter 0,$(HEAP_CHECK)),--no-heap-check) $(if $(filter 0,$(ROM)),--no-rom) $(if $(FILES),--files)

console: setup ## the board's console on this terminal: PORT=auto
	@$(DEPLOY) console --port $(PORT)

backup: setup ## everything on the board's flash into one file: PORT=auto FILE=
	@$(DEPLOY) backup $(SERIAL) $(FILE)

restore: setup ## a backup back onto the board: PORT=auto FILE=backup.tar.gz
	@$(DEPLOY) restore $(SERIAL) $(WAITING) $(FILE)

provision: setup ## identity, central system, WiFi, certificates: PORT=auto CONFIG=file.json
	@$(DEPLOY) provision $(SERIAL) $(WAITING) $(CONFIG)

factory-image: setup ## a flash image made here, for esptool: BOARD=ESP32_GENERIC CONFIG= FILE=
	@$(DEPLOY) factory-image --board $(CHIP) $(if $(FILE),--out $(FILE)) $(if $(CONFIG),--config $(CONFIG))

release: setup ## a signed update: BOARD= KEY=signer.key CERT=signer.pem, IMAGE=app.bin for a frozen board
	@$(PYTHON) tools/release.py make --board $(CHIP) --key $(KEY) --cert $(CERT) $(if $(IMAGE),--image $(IMAGE)) $(if $(FILE),--out $(FILE))

# ADDRESS: this host as the station reaches it; FILE: a bundle that is there already; SIGNED=1: by
# SignedUpdateFirmware in any case; MINUTES: patience in all.
ota: setup ## an update from here: KEY= CERT= (or FILE=), and PORT= (tcp:HOST:PORT) or CSMS=http://.. STATION=
	@$(PYTHON) tools/ota.py --board $(CHIP) --port $(PORT) $(if $(KEY),--key $(KEY)) $(if $(CERT),--cert $(CERT)) $(if $(FILE),--file $(FILE)) $(if $(IMAGE),--image $(IMAGE)) $(if $(CSMS),--csms $(CSMS)) $(if $(STATION),--station $(STATION)) $(if $(SIGNED),--signed) $(if $(ADDRESS),--address $(ADDRESS)) $(if $(MINUTES),--minutes $(MINUTES))

flash: setup ## how stock MicroPython gets onto the chip: the lines for esptool
	@$(DEPLOY) flash --port $(PORT)

clean: ## removes what mpy and the tests made; the ports stay
	@rm -rf build/mpy build/py build/stamps .pytest_cache .ruff_cache .hypothesis
	@find lib firmware boards tools tests_host -name __pycache__ -prune -exec rm -rf {} +

distclean: clean ## removes everything that was built or fetched
	@rm -rf build .venv tools/csms/ui/node_modules
