# Two commands do everything: `make demo` and `make test`.
VENV := .venv
RUN := $(VENV)/bin/python

# The first of these that is there and can make environments; Debian has one of them.
PYTHON ?= $(shell for version in 3.11 3.12 3.13; do \
	python$$version -c "import ensurepip" 2>/dev/null && echo python$$version && break; done)

.PHONY: demo test bench

demo: $(VENV)/.installed
	$(VENV)/bin/ivaae train --flagfile=demo --workdir=runs/demo
	$(VENV)/bin/ivaae export --workdir=runs/demo --out=runs/demo/saved_model --overwrite

test: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m pytest -n 2 --dist loadfile

# On a quiet machine, about 40 minutes on two cores. Data as for `ivaae train`:
# make bench DATA="--data_dir=data --manual_dir=mnist"
BENCH := .venv_bench/bin/python -m benchmarks
DATA :=
bench: .venv_bench/.installed
	$(BENCH).train_step --out=runs/bench/train_step.json
	$(BENCH).limits --out=runs/bench/limits.json
	$(BENCH).startup --out=runs/bench/startup.json
	$(BENCH).prepare --out=runs/bench/prepare.json
	$(BENCH).epoch $(DATA) --out=runs/bench/epoch.json
	$(BENCH).epoch_overhead $(DATA) --out=runs/bench/epoch_overhead.json
	$(BENCH).input_pipeline $(DATA) --out=runs/bench/input_pipeline.json
	$(BENCH).evaluation $(DATA) --out=runs/bench/evaluation.json
	$(BENCH).sampling --out=runs/bench/sampling.json
	$(BENCH).memory $(DATA) --out=runs/bench/memory.json
	$(BENCH).scaling --out=runs/bench/scaling.json
	$(BENCH).defaults --out=runs/bench/defaults.json
	$(BENCH).optimizer --out=runs/bench/optimizer.json
	$(BENCH).summary runs/bench

.venv_bench/.installed: requirements.txt benchmarks/requirements.txt
	test -x .venv_bench/bin/python || $(PYTHON) -m venv .venv_bench
	.venv_bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	touch $@

$(RUN):
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11, 3.12 or 3.13 with venv;" \
		"on Debian: apt install python3 python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt pyproject.toml | $(RUN)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
