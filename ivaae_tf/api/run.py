"""A run, with a method for each command that needs one."""

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ivaae_tf.api.keywords import read
from ivaae_tf.api.options import (
    FORMATS,
    ClassifyOptions,
    DataDirectories,
    DataOptions,
    EvaluationOptions,
    ExportOptions,
    OutlierOptions,
    ScoreOptions,
    SecondStageOptions,
)
from ivaae_tf.metrics.score import Score
from ivaae_tf.program import path_flags
from ivaae_tf.program.ranges import Range
from ivaae_tf.program.written_folders import replace_written_folder
from ivaae_tf.runs.directory import RunDirectory
from ivaae_tf.second_stage_settings import SecondStageSettings
from ivaae_tf.setting_fields import Text, check_allowed
from ivaae_tf.settings import Settings

if TYPE_CHECKING:
    from ivaae_tf.evaluation.classify import Classified
    from ivaae_tf.evaluation.outliers.run_outliers import Outliers
    from ivaae_tf.models.multi_optimizer import MultiOptimizerModel
    from pipelines.records.image_dataset import ImageDataset


class Run:
    """A trained run: its folder, model, settings and curves, and what can be done with them.

    The options of a method are the flags of the command of its name. Methods that need the images
    of the run open them; for an array in memory, give the same array again as `data`, or with
    labels `open_dataset(images, labels)`. `train` returns a run that has its array already.

    Args:
        path: Its folder.
        data: The images, if they are open.
    """

    def __init__(self, path: str | os.PathLike, data: "ImageDataset | None" = None):
        self.path = Path(path)
        self.files = RunDirectory(self.path)
        self._data = data

    def __repr__(self) -> str:
        """Returns the class and the folder."""
        return f"Run({str(self.path)!r})"

    @functools.cached_property
    def model(self) -> "MultiOptimizerModel":
        """The model of the best checkpoint, or of the last if none was scored."""
        return self.files.load_best()

    @property
    def settings(self) -> Settings:
        """The settings of the run."""
        return self.files.read_record().settings

    @property
    def history(self) -> dict[int, dict[str, float]]:
        """Number of each finished epoch -> its averages by name."""
        return self.files.read_history()

    @property
    def scores(self) -> list[Score]:
        """All scores that are stored."""
        return self.files.read_scores()

    def sample(
        self,
        num_images: int,
        *,
        seed: int = 0,
        sampler: str | None = None,
        label: str | int | None = None,
    ) -> np.ndarray:
        """Returns new images, uint8 of shape (num_images, height, width, channels).

        They are the samples of `ivaae sample` with an export of the run. Vectors are float32 of
        shape (num_images, d), in the units of the data.

        Args:
            num_images: Number of images.
            seed: The same seed gives the same images.
            sampler: Name of the source of the codes; by default the method's, or class_gmm for a
                label of a run without classes of its own.
            label: Name of the class of the images, or number of a cluster; needs a run with
                `conditional`, `prior_by_label` or `num_categories`, or
                `evaluate(sampler=["class_gmm"])`.

        Raises:
            UserError: If a value is not valid, or the sampler or the label is missing.
        """
        from ivaae_tf.api.sampling import sample

        return sample(self.files, self.model, num_images, seed, sampler, label)

    def evaluate(self, *, data: Any = None, **options: Any) -> list[Score]:
        """Returns the scores of the model, which are also added to the file of scores.

        Args:
            data: The images of the run, if they are an array.
            options: Flags of `ivaae evaluate`, such as `samplers=["prior", "gmm"]`.

        Raises:
            UserError: If an option is not valid, or the run or its data lack what a score needs.
        """
        from ivaae_tf.evaluation.run_scores import score_run

        kinds = (ScoreOptions, EvaluationOptions, DataOptions)
        scored, evaluation, places = read(options, *kinds)
        return score_run(
            self.files,
            scored,
            data=self._source(data, places),
            evaluation={**evaluation.to_record(), "data_dir": places.data_dir},
        )

    def second_stage(self, *, data: Any = None, verbose: int = 1, **options: Any) -> None:
        """Trains a second stage of the run, or resumes its training.

        Args:
            data: The images of the run, if they are an array.
            verbose: 0 to print nothing, 1 for a progress bar, 2 for a line per epoch.
            options: Settings and flags of `ivaae second_stage`, such as `epochs=50`.

        Raises:
            UserError: If an option is not valid, or the run has no encoder.
        """
        from ivaae_tf.training.second_stage import train_second_stage

        kinds = (SecondStageSettings, SecondStageOptions, DataOptions)
        settings, plan, places = read(options, *kinds)
        train_second_stage(
            self.files, settings, plan, data=self._source(data, places), verbose=verbose
        )

    def outliers(
        self,
        images: Any = None,
        out: str | os.PathLike | None = None,
        *,
        data: Any = None,
        **options: Any,
    ) -> "Outliers":
        """Returns the outliers among images.

        Args:
            images: An array, as for `open_dataset`, or the path of a folder of images or a file of
                vectors; None for the options `image_folder`, `array` and `split`.
            out: Folder for the table and a picture; None to write nothing.
            data: The images of the run, if they are an array.
            options: Flags of `ivaae outliers`, such as `false_alarm_rate=0.05`.

        Raises:
            UserError: If an option is not valid, or the run or the images lack what is needed.
        """
        from ivaae_tf.api.data import images_and_options
        from ivaae_tf.evaluation.outliers.run_outliers import find_outliers

        kind = self.files.read_record().kind.plural
        found, chosen, places = images_and_options(images, options, OutlierOptions, kind)
        folder = None if out is None else Path(out)
        source = self._source(data, places)
        return find_outliers(self.files, found, folder, chosen, data=source)

    def classify(
        self,
        images: Any = None,
        out: str | os.PathLike | None = None,
        *,
        grid: str | os.PathLike | None = None,
        data: Any = None,
        **options: Any,
    ) -> "Classified":
        """Returns the categories of images, for a run with `num_categories`.

        Args:
            images: As for `outliers`.
            out: CSV file for the table; None to write nothing.
            grid: PNG file for the picture of the categories; None to write nothing.
            data: The images of the run, if they are an array.
            options: Flags of `ivaae classify`, such as `split="validation"`.

        Raises:
            UserError: If an option is not valid, or the run has no categories.
        """
        from ivaae_tf.api.data import images_and_options
        from ivaae_tf.evaluation.classify import classify, write

        kind = self.files.read_record().kind.plural
        found, chosen, places = images_and_options(images, options, ClassifyOptions, kind)
        classified = classify(self.files, found, chosen, data=self._source(data, places))
        write(classified, *(None if path is None else Path(path) for path in (out, grid)))
        return classified

    def export(self, out: str | os.PathLike, **options: Any) -> None:
        """Writes the model and its model card to a new folder.

        Args:
            out: The folder.
            options: Flags of `ivaae export`, such as `format="onnx"`.

        Raises:
            UserError: If an option is not valid, or the folder exists.
        """
        (chosen,) = read(options, ExportOptions)
        out = Path(out)
        if chosen.format == "saved_model":
            check_allowed("out", str(out.absolute()), Text(path_flags.check_is_no_pattern))
        with replace_written_folder(
            out,
            may_replace=chosen.overwrite and (out / FORMATS[chosen.format]).exists(),
            advice="give a new folder, or --overwrite to replace an export of the same format",
        ) as folder:
            from ivaae_tf.export import run_export

            if chosen.format == "onnx":
                run_export.write_onnx(self.files, self.model, folder)
            else:
                run_export.write_saved_model(self.files, self.model, folder, chosen.sampler)

    def explore(
        self,
        out: str | os.PathLike,
        *,
        data: Any = None,
        num_examples: int = 8,
        onnxruntime_web: str | None = None,
        overwrite: bool = False,
        **options: Any,
    ) -> None:
        """Writes a web page to explore the codes; the options are the flags of `ivaae explore`.

        Raises:
            UserError: If an option is not valid, the folder exists, or the run lacks a part.
        """
        from ivaae_tf.export.explorer import page

        check_allowed("num_examples", num_examples, Range(0, 100))
        (places,) = read(options, DataOptions)
        page.write_new(
            self.files,
            Path(out),
            data=self._source(data, places),
            num_examples=num_examples,
            onnxruntime_web_folder=onnxruntime_web,
            overwrite=overwrite,
        )

    def film(
        self, out: str | os.PathLike, pictures: str = "samples", frames_per_second: float = 5.0
    ) -> list[int]:
        """Writes a WebP film of "samples" or "reconstructions" of all epochs, and returns these.

        Raises:
            UserError: If a value is not valid, or there are fewer than two sets of pictures.
        """
        from ivaae_tf.reporting.film import PICTURES, write_film

        check_allowed("pictures", pictures, PICTURES)
        check_allowed("frames_per_second", frames_per_second, Range(0.1, 50.0))
        return write_film(self.files, Path(out), pictures, frames_per_second)

    def report(self, out: str | os.PathLike, *others: "Run") -> Path:
        """Writes a report on this run, and on others beside it; returns the page.

        Args:
            out: Folder of the report: a new one, or an older report.
            others: Runs to compare with.

        Raises:
            UserError: If the folder has something else than a report.
        """
        from ivaae_tf.reporting.report_folder import write_report

        return write_report([run.path for run in (self, *others)], Path(out))

    def _source(self, data: Any, places: DataDirectories) -> dict[str, Any]:
        """Returns the arguments of `RunDirectory.open_dataset`."""
        from ivaae_tf.api.data import open_dataset

        kind = self.files.read_record().kind.plural
        given = self._data if data is None else open_dataset(data, kind=kind)
        return {"given": given, **places.to_record()}
