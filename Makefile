# Two commands do everything: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: demo test

demo: $(VENV)/.installed
	$(RUN) -m ivaae_tf.train --flagfile=flags/demo.flags --workdir=runs/demo
	$(RUN) -m ivaae_tf.export --workdir=runs/demo --out=runs/demo/saved_model --overwrite
	@echo
	@echo "new digits       runs/demo/samples.png"
	@echo "reconstructions  runs/demo/reconstructions.png (below each row of held-out digits)"
	@echo "checkpoint       runs/demo/checkpoints/last.keras"
	@echo "SavedModel       runs/demo/saved_model"
	@echo "curves           $(RUN) -m tensorboard.main --logdir runs/demo/logs"

test: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m pytest -n 2 --dist loadfile

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $(VENV)/.installed $@
