"""``convscope completion``: the script that makes a shell complete convscope's words."""

import click

from convscope.tui.commands.completion.shells import SCRIPTS, SHELLS


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print what makes a shell complete commands, options, targets, presets and batches.

    \b
    Put this line into the file of your shell:
      bash  ~/.bashrc  eval "$(convscope completion bash)"
      zsh   ~/.zshrc   eval "$(convscope completion zsh)"
      fish  ~/.config/fish/completions/convscope.fish
                       convscope completion fish | source

    In zsh it belongs behind the line of compinit (autoload -Uz compinit && compinit).
    """  # noqa: D301  click wants the character itself
    click.echo(SCRIPTS[shell], nl=False)
