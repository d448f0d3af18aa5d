"""Prints the completion of commands and flags: `eval "$(ivaae completion bash)"`.

For zsh: `eval "$(ivaae completion zsh)"`. Put the line into ~/.bashrc or ~/.zshrc to keep it.
"""

import importlib
from collections.abc import Sequence

from absl import flags

from ivaae_tf.commands import COMMANDS
from ivaae_tf.program import flagfiles
from ivaae_tf.program.command import Command
from ivaae_tf.program.errors import UserError

_BASH = """\
_ivaae() {
  local line="${COMP_LINE:0:$COMP_POINT}" name="${COMP_WORDS[1]}"
  local typed="${line##*[[:space:]]}"
  [ "$COMP_CWORD" -le 1 ] && name=""
  COMPREPLY=($(compgen -W "$(ivaae completion words $name 2>/dev/null)" -- "$typed"))
  if [ ${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "${typed#*=}")); return; fi
  [[ "$typed" == *=* ]] && COMPREPLY=("${COMPREPLY[@]#*=}")
  [[ "${COMPREPLY[0]}" == *= ]] && compopt -o nospace 2>/dev/null
}
complete -F _ivaae ivaae
"""
_SCRIPTS = {"bash": _BASH, "zsh": f"autoload -U +X bashcompinit && bashcompinit\n{_BASH}"}


def main(argv: Sequence[str]) -> None:
    """Prints the script of a shell, or the words that may follow a command."""
    shell, *names = argv[1:] or [""]
    if shell == "words":
        print("\n".join(words(*names[:1])))
    elif shell in _SCRIPTS:
        print(_SCRIPTS[shell])
    else:
        raise UserError(f"expected {' or '.join(_SCRIPTS)}; found {shell or 'nothing'!r}")


def words(name: str = "") -> list[str]:
    """Returns the commands, or the flags of a command with the values to choose from."""
    if name not in COMMANDS:
        return [*COMMANDS, "help"]
    command = importlib.import_module(f"ivaae_tf.commands.{name}").COMMAND
    command.declare()
    found = ["--help"]
    for flag in (flags.FLAGS[each] for each in command.flag_names):
        values = getattr(flag.parser, "enum_values", None)
        if flag.boolean:
            found += [f"--{flag.name}", f"--no{flag.name}"]
        else:
            found += [f"--{flag.name}={value}" for value in values or [""]]
    found += [f"--flagfile={path.stem}" for path in flagfiles.FOLDER.glob("*.flags")]
    return found


COMMAND = Command(main, description=__doc__, takes_arguments=True)
