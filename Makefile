# The main targets are `demo` and `test`.
VENV := .venv
RUN := $(VENV)/bin/python

# The first installed version that can create environments; Debian has one of these versions.
PYTHON ?= $(shell for version in 3.11 3.12 3.13; do \
	python$$version -c "import ensurepip" 2>/dev/null && echo python$$version && break; done)

PIP := $(RUN) -m pip install --quiet --disable-pip-version-check
UV := .venv_uv/bin/uv
LOCK := $(UV) pip compile --quiet --universal --python-version=3.11 --generate-hashes \
	--no-annotate --custom-compile-command="make lock"

.PHONY: demo test slow docs notebook audit minimum lock bench results

demo: $(VENV)/.installed
	$(VENV)/bin/ivaae train --flagfile=demo --workdir=runs/demo
	$(VENV)/bin/ivaae export --workdir=runs/demo --out=runs/demo/saved_model --overwrite

test: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m pytest -n 2 --dist loadfile

# More cases of what the tests check: rows of the table, kills. Six minutes.
slow: $(VENV)/.installed-dev
	$(RUN) -m pytest -n 2 --dist loadfile -m slow

# The site, docs/_build/html/docs/index.html. Every warning is an error, such as a link that leads nowhere.
docs: .venv_docs/.installed
	PYTHONPATH=. .venv_docs/bin/sphinx-build -q -W -n --keep-going -c docs . docs/_build/html

# Runs examples/tour.py and writes the notebook with its pictures.
notebook: .venv_notebook/.installed
	PYTHONPATH=. .venv_notebook/bin/python examples/make_notebook.py

# Checks the installed packages: compatible versions, licences and known vulnerabilities.
audit: $(VENV)/.installed-dev
	$(RUN) -m pip check
	$(VENV)/bin/pip-licenses --summary
	$(RUN) .ci/audit.py requirements-dev.lock

# Runs part of the tests with the lowest versions that pyproject.toml allows; ten minutes.
minimum: $(UV)
	rm -rf .venv_minimum
	$(PYTHON) -m venv .venv_minimum
	$(UV) pip install --quiet --python .venv_minimum/bin/python --resolution lowest-direct \
		--editable ".[test]"
	.venv_minimum/bin/python -m pytest -n 2 tests/architecture_test.py tests/conformance_test.py \
		tests/golden_test.py tests/pipelines tests/ivaae_tf/metrics tests/ivaae_tf/plots

# Locks the versions and hashes of the packages in requirements*.txt and of their dependencies.
lock: $(UV)
	$(LOCK) requirements.txt requirements-build.txt -o requirements.lock
	$(LOCK) -c requirements.lock requirements-dev.txt -o requirements-dev.lock

# Runs all benchmarks, on an idle machine; 47 minutes on two cores. After a stop, finished ones are
# not repeated; `rm -r runs/bench` makes it start over. DATA has the data flags of `ivaae train`:
# make bench DATA="--data_dir=data --manual_dir=mnist"
BENCH := .venv_bench/bin/python -m benchmarks
DATA :=
BENCHMARKS := train_step limits startup prepare sampling scaling defaults optimizer
BENCHMARKS_ON_DATA := epoch epoch_overhead input_pipeline evaluation memory precision
bench: $(patsubst %,runs/bench/%.json,$(BENCHMARKS) $(BENCHMARKS_ON_DATA))
	$(BENCH).summary runs/bench

$(BENCHMARKS:%=runs/bench/%.json): runs/bench/%.json: | .venv_bench/.installed
	$(BENCH).$* --out=$@

$(BENCHMARKS_ON_DATA:%=runs/bench/%.json): runs/bench/%.json: | .venv_bench/.installed
	$(BENCH).$* $(DATA) --out=$@

# Runs the studies of results/ on MNIST and writes the answers to the paper's claims. It takes about
# nine hours on two cores, most of it measured. Finished runs are not repeated after a stop.
results: $(VENV)/.installed
	$(RUN) -m results.trade_off $(DATA)
	$(RUN) -m results.rates $(DATA)
	$(RUN) -m results.averages $(DATA)
	$(RUN) -m results.bridges $(DATA)
	$(RUN) -m results.bandwidth $(DATA)
	$(RUN) -m results.stability $(DATA)
	$(RUN) -m results.full_size $(DATA)
	$(RUN) -m results.image_games $(DATA)
	$(RUN) -m results.overlap
	$(RUN) -m results.synthetic
	$(RUN) -m results.claims
	$(RUN) -m results.readme

.venv_notebook/.installed: requirements.txt requirements-notebook.txt
	test -x .venv_notebook/bin/python || $(PYTHON) -m venv .venv_notebook
	.venv_notebook/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-notebook.txt
	touch $@

.venv_docs/.installed: requirements.txt requirements-docs.txt
	test -x .venv_docs/bin/python || $(PYTHON) -m venv .venv_docs
	.venv_docs/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	touch $@

.venv_bench/.installed: requirements.txt benchmarks/requirements.txt
	test -x .venv_bench/bin/python || $(PYTHON) -m venv .venv_bench
	.venv_bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	touch $@

$(UV):
	$(PYTHON) -m venv .venv_uv
	.venv_uv/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9

$(RUN):
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11, 3.12 or 3.13 with venv;" \
		"on Debian: apt install python3 python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(RUN)
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(PIP) --require-hashes -r requirements-dev.lock
	touch $@
