"""The record of a run: its settings, data, parameters and versions, in `run.json`."""

import dataclasses
import importlib.metadata
import json
import platform
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NotRequired, TypedDict

import msgspec

from ivaae_tf.program.atomic_files import replace_when_complete
from ivaae_tf.program.damaged_files import DamagedFileError, parsing, read_json
from ivaae_tf.program.errors import UserError
from ivaae_tf.settings import MAY_CHANGE, Settings, SettingsError

if TYPE_CHECKING:
    from ivaae_tf.models.multi_optimizer import MultiOptimizerModel
    from pipelines.records.image_dataset import ImageDataset
    from pipelines.records.kinds import Kind

_PACKAGES = (
    "tensorflow",
    "keras",
    "tensorflow-probability",
    "tensorflow-datasets",
    "numpy",
    "pillow",
    "scikit-learn",
)


_Count = Annotated[int, msgspec.Meta(ge=0)]


class _SplitSizes(TypedDict):
    train: _Count
    validation: _Count


class _DataFacts(TypedDict):
    """The facts about the data that this program uses; there may be others."""

    name: str
    fingerprint: str
    records: str
    num_images: _SplitSizes
    label: NotRequired[str]  # if it was chosen
    class_names: NotRequired[list[str]]  # of categories that learn from labels
    columns: NotRequired[list[str]]  # of vectors, like the next two
    mean: NotRequired[list[float]]
    deviation: NotRequired[list[float]]
    length: NotRequired[_Count]  # of signals


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """The settings, data, parameters and program versions that a run's result depends on.

    Attributes:
        settings: The settings.
        data: Facts about the data set; see `ImageDataset.description`.
        parameters: Number of parameters of each network.
        versions: Version of Python and of each package.
        git_commit: Commit of the program's checkout, with "+" if it was changed; None outside one.
        changes: What was changed during the run, in order: a setting, or the noise after a value
            that was not finite. Each has "after_epoch" or "step", and the values before and after.
        unrecorded: Settings that are not in the file, because an older version wrote it.
        network_sha256: SHA-256 of the text of the module of the user's networks, or of their Keras
            configuration if they were in memory; None for networks of this program.
    """

    settings: Settings
    data: dict[str, Any]
    parameters: dict[str, _Count]
    versions: dict[str, str]
    git_commit: str | None = None
    changes: tuple[dict[str, Any], ...] = ()
    unrecorded: frozenset[str] = frozenset()
    network_sha256: str | None = None

    @property
    def kind(self) -> "Kind":
        """The kind of the data."""
        from pipelines.records.kinds import kind_of  # imports TensorFlow

        return kind_of(self.data)

    @property
    def categories(self) -> tuple[str, ...]:
        """The names of the categories: of the classes if they learn from labels, or numbers.

        Records of an older version do not have the names of classes; then there are none.
        """
        if self.settings.learns_labels:
            return tuple(self.data.get("class_names", ()))
        return tuple(map(str, range(self.settings.num_categories)))

    @property
    def uses_labels(self) -> bool:
        """Whether the result depends on the labels of the images."""
        return self.settings.learns_labels or self.settings.batches_have_labels

    @classmethod
    def of(
        cls,
        settings: Settings,
        dataset: "ImageDataset",
        model: "MultiOptimizerModel",
        network_sha256: str | None = None,
    ) -> "RunRecord":
        """Returns the record of a run of this program that trains this model."""
        names = {"class_names": list(dataset.class_names)} if settings.learns_labels else {}
        return cls(
            settings=settings,
            data={**dataset.description, **names},
            parameters=model.parameter_counts,
            versions={
                "python": platform.python_version(),
                **{package: importlib.metadata.version(package) for package in _PACKAGES},
            },
            git_commit=git_commit(Path(__file__)),
            network_sha256=network_sha256,
        )

    @classmethod
    def read(cls, path: Path) -> "RunRecord":
        """Returns the record in a file.

        Raises:
            UserError: If there is no such file, or it is damaged or of a newer version.
        """
        if not path.exists():
            raise UserError(
                f"{path.parent} is not the --workdir of a training run: no {path.name} in it"
            )
        try:
            content = read_json(path, dict[str, Any])
            with parsing(path, TypeError):  # Settings may be of any type until they are converted.
                # First, because the record of a newer version may have another form, too.
                recorded = dict(content.get("settings", {}))
                Settings.from_record(recorded)
                unrecorded = Settings().to_record().keys() - recorded.keys()
                record = msgspec.convert({**content, "unrecorded": list(unrecorded)}, cls)
                msgspec.convert(record.data, _DataFacts)
                record.settings.check(to_train=False)  # An older version allowed other values.
        except SettingsError as error:
            raise UserError(f"{path} is of another version of this program ({error})") from error
        except DamagedFileError as error:
            raise UserError(
                f"{path.parent} is not the --workdir of a training run: {error}"
            ) from error
        return record

    def check_has_pictures(self, folder: Path) -> None:
        """Checks that the run in a folder was trained on images.

        Raises:
            UserError: If not.
        """
        if "columns" in self.data:
            raise UserError(
                f"--workdir: {folder} was trained on {self.kind.plural}; this needs images"
            )

    def write(self, path: Path) -> None:
        """Writes the record to a file."""
        stored = {**vars(self), "settings": self.settings.to_record()}
        del stored["unrecorded"]
        for name in ("changes", "network_sha256"):
            if not stored[name]:
                del stored[name]
        with replace_when_complete(path) as temporary:
            temporary.write_text(json.dumps(stored, indent=2) + "\n", "utf-8")

    def check_continues(
        self, earlier: "RunRecord", folder: Path, may_change: Collection[str] = ()
    ) -> None:
        """Checks that a run with this record can continue an earlier one.

        Args:
            earlier: The record in the run's folder.
            folder: The run's folder, for the message.
            may_change: Names of settings that may differ.

        Raises:
            UserError: If a setting or the data differ.
        """
        before = earlier.settings.to_record()
        for name, value in self.settings.to_record().items():
            if name not in {*earlier.unrecorded, *may_change} and before[name] != value:
                also = f", or --allow_change={name}" if name in MAY_CHANGE else ""
                raise UserError(
                    f"--{name}: the run in {folder} has {before[name]!r}, this command {value!r}; "
                    f"give the same value, or another --workdir{also}"
                )
        differs = self.network_sha256 != earlier.network_sha256
        if differs and "network_source" not in may_change:
            raise UserError(
                f"--network: the networks of {self.settings.network} have changed since the run in "
                f"{folder} began; restore them, or give another --workdir, or "
                "--allow_change=network_source"
            )
        labels = earlier.data.get("label"), self.data.get("label")
        if self.uses_labels and labels[0] != labels[1]:
            raise UserError(
                f"--label: the run in {folder} has {labels[0]!r}, this command {labels[1]!r}; give "
                "the same label, or another --workdir"
            )
        if earlier.data["fingerprint"] != self.data["fingerprint"]:
            raise UserError(
                f"--dataset: the images of {self.settings.dataset!r} have changed since the run in "
                f"{folder} began; give another --workdir"
            )

    def with_settings_of(self, later: "RunRecord", epoch: int) -> "RunRecord":
        """Returns this record with the settings of a later command, and notes of the changes.

        Args:
            later: The record of the command that continues this run.
            epoch: The number of the epochs before the change.
        """
        before, after = self.settings.to_record(), later.settings.to_record()
        changes = [
            {"setting": name, "from": before[name], "to": value, "after_epoch": epoch}
            for name, value in after.items()
            if before[name] != value and name not in self.unrecorded
        ]
        sha256 = later.network_sha256
        if sha256 != self.network_sha256:
            values = {"from": self.network_sha256, "to": sha256}
            changes.append({"setting": "network_source", **values, "after_epoch": epoch})
        if not changes:
            return self
        changes = [*self.changes, *changes]
        return dataclasses.replace(
            self, settings=later.settings, changes=tuple(changes), network_sha256=sha256
        )


# A change of anything else, such as a page of results, is not a change of the program.
_PROGRAM = (":/ivaae_tf", ":/pipelines", ":/flags")


def git_commit(file: Path) -> str | None:
    """Returns the commit of a file's checkout, with "+" if the program was changed since.

    An installed program may be inside another repository, so the file must be in the checkout.

    Args:
        file: A file of the program.

    Returns:
        The commit's 40 digits, or None outside a checkout.
    """

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(file.parent), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", str(file))
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", *_PROGRAM) else "")
    except (OSError, subprocess.CalledProcessError):
        return None
