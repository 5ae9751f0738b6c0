import cv2
import numpy as np
import pytest

from vitsci_viz.errors import InputError, MissingFileError, OutsideRootError
from vitsci_viz.views.panel_app.library import Library


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    (folder / "slides").mkdir(parents=True)
    cv2.imwrite(str(folder / "slides" / "a.png"), np.zeros((16, 24), np.uint8))
    cv2.imwrite(str(tmp_path / "secret.png"), np.zeros((16, 24), np.uint8))
    (folder / "notes.txt").write_text("no image")
    (folder / ".hidden").mkdir()
    return folder


@pytest.fixture
def library(root):
    library = Library(root=root, max_upload_bytes=1000)
    yield library
    library.close()


def test_a_folder_lists_folders_and_images_and_counts_the_rest(library):
    top = library.listing()
    assert [(entry.name, entry.is_folder) for entry in top.entries] == [("slides", True)]
    assert top.hidden == 1
    inside = library.listing("slides")
    assert [(entry.path, entry.is_folder) for entry in inside.entries] == [("slides/a.png", False)]
    assert inside.parents == (("root", ""), ("slides", "slides"))


def test_a_path_below_the_root_opens(library):
    image, mask = library.open("slides/a.png")
    assert image.shape == (16, 24)
    assert mask is None


@pytest.mark.parametrize("path", ["../secret.png", "/etc/hostname", "slides/../../secret.png"])
def test_paths_outside_the_root_are_refused(library, path):
    with pytest.raises(OutsideRootError, match="outside the data root"):
        library.open(path)
    with pytest.raises(OutsideRootError):
        library.listing(path)


def test_links_that_lead_outside_are_neither_opened_nor_listed(library, root):
    (root / "out.png").symlink_to(root.parent / "secret.png")
    (root / "up").symlink_to(root.parent)
    with pytest.raises(OutsideRootError):
        library.open("out.png")
    with pytest.raises(OutsideRootError):
        library.listing("up")
    assert [entry.name for entry in library.listing().entries] == ["slides"]


def test_without_a_root_no_file_opens():
    with pytest.raises(InputError, match="--root"):
        Library().open("a.png")


def test_a_mask_of_another_shape_is_refused(library, root):
    cv2.imwrite(str(root / "mask.png"), np.zeros((8, 8), np.uint8))
    with pytest.raises(InputError, match="mask must have the image's shape"):
        library.open("slides/a.png", "mask.png")


def test_an_upload_in_pieces_opens(library, root):
    data = (root / "slides" / "a.png").read_bytes()
    upload = library.start_upload("C:\\pictures\\my slide.png", len(data))
    upload.add(data[:50])
    upload.add(data[50:])
    source = upload.finish()
    assert source == "upload:my slide.png"
    assert library.open(source)[0].shape == (16, 24)


def test_uploads_over_the_limit_are_refused_by_what_is_said_and_by_what_comes(library):
    with pytest.raises(InputError, match="must be at most"):
        library.start_upload("big.png", 1001)
    upload = library.start_upload("liar.png", 10)
    upload.add(bytes(900))
    with pytest.raises(InputError, match="must be at most"):
        upload.add(bytes(200))
    with pytest.raises(MissingFileError):
        library.open("upload:liar.png")


def test_uploads_of_no_known_kind_are_refused(library):
    with pytest.raises(InputError, match="no known kind"):
        library.start_upload("program.exe", 10)


def test_uploads_are_gone_after_closing(library, root):
    upload = library.start_upload("a.png", 10)
    upload.add(b"x")
    path = upload.path
    upload.finish()
    library.close()
    assert not path.exists()


def test_recent_sources_are_few_and_newest_first(library):
    for name in [*"abcdefghij", "c"]:
        library.remember(name)
    assert library.recent == ["c", "j", "i", "h", "g", "f", "e", "d"]


def test_errors_name_the_file_and_not_where_the_server_keeps_it(library, root):
    upload = library.start_upload("broken.png", 8)
    upload.add(b"no image")
    (root / "slides" / "bad.png").write_bytes(b"no image")
    for source, name in ((upload.finish(), "broken.png"), ("slides/bad.png", "slides/bad.png")):
        with pytest.raises(InputError, match=name) as caught:
            library.open(source)
        assert str(root.parent) not in str(caught.value)
        assert "vitsci-viz-upload-" not in str(caught.value)
