"""``convscope completion``: the scripts of the shells, and the answers that they ask for.

click brings such scripts, but bash breaks words at colons, and asks only for what stands after the
last one; bash and zsh put a space after ``conv5_1:``; and none of them completes
``--device=cuda:1``. Here each shell sends its command line up to the cursor, and the part of its
last word that it is going to replace; a word that ends in a colon or a slash is marked as ``open``,
since more is to be typed.
"""

import os

import click
from click.shell_completion import CompletionItem, ShellComplete, split_arg_string

NAME = "convscope"
INSTRUCTION = "_CONVSCOPE_COMPLETE"
"""Variable of what to do: the shell's name and ``_source`` or ``_complete``, as click has it."""
LINE = "_CONVSCOPE_LINE"
"""Variable of the command line up to the cursor."""
WORD = "_CONVSCOPE_WORD"
"""Variable of what the shell takes for the word at the cursor; unset where it is the whole word."""

_BASH = """\
_convscope_completion() {
    local line kind value
    COMPREPLY=()
    while IFS= read -r line; do
        kind=${line%%,*} value=${line#*,}
        case $kind in
            plain) COMPREPLY+=("$value") ;;
            open) COMPREPLY+=("$value"); compopt -o nospace ;;
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
        esac
    done < <(_CONVSCOPE_LINE="${COMP_LINE:0:COMP_POINT}" _CONVSCOPE_WORD="$2" \\
        _CONVSCOPE_COMPLETE=bash_complete "${1/#\\~\\//$HOME/}" 2>/dev/null)
}

complete -o nosort -F _convscope_completion convscope
"""

_ZSH = """\
#compdef convscope

_convscope_completion() {
    local -a response described unfinished
    local kind value help
    response=("${(@f)$(_CONVSCOPE_LINE="${words[1,CURRENT-1]} $PREFIX" \\
        _CONVSCOPE_COMPLETE=zsh_complete ${~words[1]} 2>/dev/null)}")
    for kind value help in "${response[@]}"; do
        case $kind in
            plain) described+=("${value//:/\\\\:}:$help") ;;
            open) unfinished+=("${value//:/\\\\:}:$help") ;;
            dir) compset -P '--*='; _files -/ ;;
            file) compset -P '--*='; _files ;;
        esac
    done
    (( $#described )) && _describe -V convscope described
    (( $#unfinished )) && _describe -V convscope unfinished -S ''
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _convscope_completion "$@"
else
    compdef _convscope_completion convscope
fi
"""

_FISH = """\
function _convscope_completion
    set -l line (commandline --current-process --cut-at-cursor | string collect)
    set -l command (commandline --current-process --tokenize)[1]
    for answer in (_CONVSCOPE_LINE=$line _CONVSCOPE_COMPLETE=fish_complete $command 2>/dev/null)
        set -l parts (string split --max 1 , -- $answer)
        switch $parts[1]
            case dir
                __fish_complete_directories (commandline --current-token --cut-at-cursor)
            case file
                __fish_complete_path (commandline --current-token --cut-at-cursor)
            case plain open
                printf '%s\\n' $parts[2]
        end
    end
end

complete --no-files --keep-order --command convscope --arguments "(_convscope_completion)"
"""


SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
SHELLS = tuple(SCRIPTS)


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script that completes commands, options, targets, presets and batches in a shell.

    \b
    Add this line to your shell's file:
      bash  ~/.bashrc  eval "$(convscope completion bash)"
      zsh   ~/.zshrc   eval "$(convscope completion zsh)"
      fish  ~/.config/fish/completions/convscope.fish
                       convscope completion fish | source

    In zsh, it belongs after the line of compinit (autoload -Uz compinit && compinit).
    """  # noqa: D301  click wants the character itself
    click.echo(SCRIPTS[shell], nl=False)


_ANSWERS = {
    "bash": "{kind},{value}",
    "zsh": "{kind}\n{value}\n{help}",
    "fish": "{kind},{value}\t{help}",
}
"""What a script reads, for each word that it may offer."""


class _Answers(ShellComplete):
    """Finds the words as click does, and writes them as our scripts read them."""

    def __init__(self, command: click.Command, shell: str) -> None:
        super().__init__(command, {}, NAME, INSTRUCTION)
        self._answer = _ANSWERS[shell]

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words after ``convscope``, and the one at the cursor."""
        line = os.environ.get(LINE, "")
        words = split_arg_string(line)
        word = words.pop() if words and not line[-1].isspace() else ""
        return words[1:], word

    def format_completion(self, item: CompletionItem) -> str:
        """Write one answer."""
        is_open = item.type == "plain" and item.value.endswith((":", "/"))
        return self._answer.format(
            kind="open" if is_open else item.type,
            value=self._replacement(item.value),
            help=" ".join((item.help or "").split()),
        )

    def _replacement(self, value: str) -> str:
        """Return what takes the place of the part that the shell replaces."""
        _, word = self.get_completion_args()
        option, equals, _ = word.partition("=")
        if equals and option.startswith("-"):  # click completes what stands after it
            value = f"{option}={value}"
        replaced = os.environ.get(WORD, word)
        kept = len(word) - len(replaced) if word.endswith(replaced) else 0
        return value[kept:]


def answer_shell(command: click.Command, instruction: str) -> int:
    """Do what a shell asks for, and return the exit code.

    Args:
        command: convscope's.
        instruction: the value of :data:`INSTRUCTION`.
    """
    shell, _, what = instruction.partition("_")
    if shell not in SHELLS or what not in ("source", "complete"):
        return 1
    asked = what == "complete"
    text = f"{_Answers(command, shell).complete()}\n" if asked else SCRIPTS[shell]
    click.echo(text.encode(), nl=False)
    return 0
