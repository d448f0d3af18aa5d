"""The function that opens a run."""

import os
from typing import Any

from ivaae_tf.api.run import Run


def open_run(path: str | os.PathLike, network: Any = None) -> Run:
    """Returns a run of `train` or `ivaae train`.

    Args:
        path: Its folder.
        network: For a run whose networks have classes of your own: "module:Name", which is
            imported, or the object or class. A run never imports a module by itself.

    Raises:
        UserError: If it is not the folder of a run, or the module cannot be imported.
    """
    if network is not None:
        from ivaae_tf.models.networks.own import networks_of

        networks_of(network)
    run = Run(path)
    run.files.read_record()
    return run
