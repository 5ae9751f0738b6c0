"""Options of commands that are no workflow."""

from vitsci_viz.params import Options, option


class ServeOptions(Options):
    """How the dashboard is served."""

    root: str | None = option(
        None, "Folder below which files may be opened; default samples and uploads alone.", group="Files"
    )
    runs: str | None = option(
        None,
        "Folder of training runs; default runs below the root, or in your data folder where there is no root.",
        group="Files",
    )
    sample: str | None = option("ihc", "Sample that is open at first.", group="Files")
    max_upload_mb: int = option(512, "Largest file that may be uploaded.", ge=1, le=65_536, unit="MiB", group="Files")
    port: int = option(5006, "Port; 0 takes any free one.", ge=0, le=65_535, group="Server")
    address: str = option("localhost", "Address to listen on.", group="Server")
    open_browser: bool = option(False, "Open a browser window.", group="Server")
    basic_auth: str | None = option(None, "Password, or a JSON file of users and passwords.", group="Server")
    allow_remote: bool = option(False, "Listen beyond this machine without a password.", group="Server")
