"""placeholder"""

import typer

commands = typer.Typer(help="Accounts")
