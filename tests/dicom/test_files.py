"""Where files come from: folders, zips, lists, memory; and what is refused."""

from __future__ import annotations

import os
import random
import zipfile
from io import BytesIO

import pytest

from rtcheck.dicom import files, read_plan, read_study
from rtcheck.errors import IncompleteStudyError, UnreadableFileError


@pytest.fixture
def folder(make, tmp_path):
    for name, data in make.case():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def zipped(pairs, **options):
    file = BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        for name, data in pairs:
            archive.writestr(name, data)
    return file.getvalue()


def note(study, code):
    return next(note for note in study.notes if note.code == code)


def fingerprint(study):
    return {source.sha256 for source in study.sources}, study.dose.dose_gy.tobytes()


def test_folder_zip_list_and_memory_are_one(make, folder, tmp_path_factory):
    archive = tmp_path_factory.mktemp("zip") / "case.zip"
    archive.write_bytes(zipped(make.case(), compression=zipfile.ZIP_DEFLATED))
    paths = list(folder.iterdir())
    expected = fingerprint(read_study(folder))
    for source in (str(folder), archive, paths, paths[::-1], make.case(), [("case.zip", archive.read_bytes())]):
        assert fingerprint(read_study(source)) == expected


def test_names_are_relative_to_what_was_given(make, folder):
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    (folder / "dose.dcm").rename(below / "no extension")
    assert read_study(folder).dose.source.name == "a/b/no extension"
    listed = read_study([folder / "plan.dcm", folder / "structures.dcm", below / "no extension"])
    assert listed.dose.source.name == "a/b/no extension"
    assert listed.plan.source.name == "plan.dcm"
    pairs = [(f"up/{name}", data) for name, data in make.case()]
    assert read_study([("x.zip", zipped(pairs))]).dose.source.name == "up/dose.dcm"


def test_order_and_names_say_nothing(make):
    data = [data for _, data in make.case()]
    expected = fingerprint(read_study(make.case()))
    for seed in range(6):
        random.Random(seed).shuffle(data)
        assert fingerprint(read_study([(f"{k}", part) for k, part in enumerate(data)])) == expected


def test_litter_is_ignored_and_named(folder):
    for name in (".DS_Store", "Thumbs.db", "README", "notes.txt", "DICOMDIR", "._dose.dcm"):
        (folder / name).write_bytes(b"litter")
    (folder / "empty").touch()
    ignored = note(read_study(folder), "ignored-files").message
    assert ignored.startswith("7 ignored")
    for name in (".DS_Store", "Thumbs.db", "README", "notes.txt", "DICOMDIR", "._dose.dcm", "empty"):
        assert name in ignored


def test_other_dicom_objects_are_ignored_and_named(make):
    report = make.plan(uid="1.2.3.77")
    report.SOPClassUID, report.Modality = "1.2.840.10008.5.1.4.1.1.88.11", "SR"
    study = read_study(make.case(report=report))
    assert "report.dcm (SR)" in note(study, "ignored-objects").message


def test_pipe_in_a_folder_does_not_block(folder):
    os.mkfifo(folder / "pipe")
    assert "pipe" in note(read_study(folder), "ignored-files").message


def test_pipe_alone_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableFileError, match="no regular file"):
        read_study(tmp_path / "pipe")


def test_folder_loops_end(folder):
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    assert read_study(folder).plan.label == "Plan1"


def test_link_that_leads_to_itself_is_refused(folder):
    (folder / "self").symlink_to(folder / "self")
    with pytest.raises(UnreadableFileError, match="self: it can't be read"):
        read_study(folder)
    with pytest.raises(UnreadableFileError, match="self: it can't be read"):
        read_study(folder / "self")


def test_linked_folder_is_read(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "link").symlink_to(folder, target_is_directory=True)
    assert read_study(elsewhere).dose.source.name == "link/dose.dcm"


def test_failing_read_is_refused(folder, monkeypatch):
    def fail(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", fail)
    with pytest.raises(UnreadableFileError, match=r"dose\.dcm: it can't be read \(Permission denied\)"):
        read_study(folder / "dose.dcm")


def test_absent_path_is_refused(tmp_path):
    with pytest.raises(UnreadableFileError, match="nowhere: it can't be read"):
        read_study(tmp_path / "nowhere")


def test_one_file_that_is_no_dicom_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    for source in (path, [path], [("notes.txt", b"hello")], [(".DS_Store", b"")]):
        with pytest.raises(UnreadableFileError, match="not a DICOM file"):
            read_study(source)


def test_file_called_dcm_that_is_no_dicom_is_refused(folder):
    (folder / "dose2.dcm").write_bytes(b"")
    with pytest.raises(UnreadableFileError, match=r"dose2\.dcm: it is not a DICOM file"):
        read_study(folder)


def test_truncated_file_is_not_ignored(make, folder):
    (folder / "more").write_bytes(make.to_bytes(make.dose(uid="1.9"), meta=False)[:-3])
    with pytest.raises(UnreadableFileError, match="more: "):
        read_study(folder)


@pytest.mark.parametrize("source", [[], ()])
def test_nothing_given_is_refused(source):
    with pytest.raises(IncompleteStudyError, match="no files are given"):
        read_study(source)


def test_folder_without_dicom_is_refused(tmp_path):
    with pytest.raises(IncompleteStudyError, match="no DICOM file"):
        read_study(tmp_path)
    (tmp_path / "README").write_text("hello")
    with pytest.raises(IncompleteStudyError, match=r"no DICOM file is there .*README"):
        read_study(tmp_path)


@pytest.mark.parametrize("name", ["../dose.dcm", "/etc/dose.dcm", "a/../../dose.dcm", "C:\\dose.dcm", "..\\dose.dcm"])
def test_zip_that_climbs_out_is_refused(make, name):
    with pytest.raises(UnreadableFileError, match="points outside"):
        read_study([("x.zip", zipped([*make.case(), (name, b"x")]))])


def test_zip_bomb_is_refused_by_what_comes_out(make, monkeypatch):
    monkeypatch.setattr(files, "MAX_UNZIPPED_BYTES", 1 << 21)
    bomb = bytearray(zipped([("zeros.bin", bytes(5 << 20))], compression=zipfile.ZIP_DEFLATED))
    with pytest.raises(UnreadableFileError, match="unpacks to more than"):
        read_study([("x.zip", bytes(bomb))])
    # The same with headers that claim one byte: it never gets further than the claim.
    size = (5 << 20).to_bytes(4, "little")
    with pytest.raises(UnreadableFileError):
        read_study([("x.zip", bytes(bomb).replace(size, b"\1\0\0\0"))])


def test_limit_counts_over_every_member_and_zip(make, monkeypatch):
    monkeypatch.setattr(files, "MAX_UNZIPPED_BYTES", 1500)
    part = zipped([("a", bytes(1000))])
    with pytest.raises(UnreadableFileError, match="unpacks to more than"):
        read_study([("x.zip", part), ("y.zip", part)])


def test_zip_with_too_many_members_is_refused(make, monkeypatch):
    monkeypatch.setattr(files, "MAX_ZIP_MEMBERS", 2)
    with pytest.raises(UnreadableFileError, match="more than 2 members"):
        read_study([("x.zip", zipped(make.case()))])


def test_encrypted_zip_is_refused(make):
    data = bytearray(zipped(make.case()))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    with pytest.raises(UnreadableFileError, match="encrypted"):
        read_study([("x.zip", bytes(data))])


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damaged_zip_is_refused(make, compression):
    data = zipped(make.case(), compression=compression)
    assert read_study([("x.zip", data)]).plan.label == "Plan1"
    for cut in (5, 100, len(data) // 2, len(data) - 1):
        with pytest.raises(UnreadableFileError, match="zip is damaged"):
            read_study([("x.zip", data[:cut])])
    broken = bytearray(data)
    for k in range(60, 400, 7):
        broken[k] ^= 0x5A
    with pytest.raises(UnreadableFileError):
        read_study([("x.zip", bytes(broken))])


def test_zip_is_read_without_writing(make, tmp_path, monkeypatch):
    archive = tmp_path / "case.zip"
    archive.write_bytes(zipped(make.case()))
    monkeypatch.chdir(tmp_path)
    read_study("case.zip")
    assert list(tmp_path.iterdir()) == [archive]


def test_litter_of_macos_in_a_zip_is_ignored(make):
    study = read_study([("x.zip", zipped([*make.case(), ("__MACOSX/._dose.dcm", b"\0\5\x16\7")]))])
    assert "__MACOSX/._dose.dcm" in note(study, "ignored-files").message


def test_one_file_readers_take_one_file(make):
    with pytest.raises(ValueError, match="one file is read here, and 3 are given"):
        read_plan(make.case())
    with pytest.raises(UnreadableFileError, match="no plan but RTDOSE"):
        read_plan(make.files(dose=make.dose()))
