# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of dnnlib.util; downloads come from a server inside the test process."""

import copy
import errno
import hashlib
import http.server
import io
import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest

from dnnlib import util

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(util.__file__)))
FFHQ_URL = 'https://nvlabs-fi-cdn.nvidia.com/stylegan2/networks/stylegan2-ffhq-config-f.pkl'
FFHQ_CACHE_NAME = (
    '92b0fe539a227cdb6d0fb2833c6a30df_https___nvlabs-fi-cdn.nvidia.com_stylegan2_networks_stylegan2-ffhq-config-f.pkl'
)
PAYLOAD = b'\x80\x04\xff\xfe small but binary'
PAYLOAD_SHA256 = hashlib.sha256(PAYLOAD).hexdigest()

# ----------------------------------------------------------------------------
# EasyDict and errors.


def test_easy_dict_items_and_attributes_are_the_same():
    options = util.EasyDict(lrate=0.002)
    options.gamma = 10
    options['kimg'] = 5
    del options.lrate
    assert options == {'gamma': 10, 'kimg': 5}
    assert options.kimg == 5


@pytest.mark.parametrize('action', [lambda d: d.missing, lambda d: delattr(d, 'missing')])
def test_easy_dict_reports_a_missing_attribute_as_such(action):
    with pytest.raises(AttributeError, match='missing'):
        action(util.EasyDict())


@pytest.mark.parametrize('duplicate', [copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d, protocol=2))])
def test_easy_dict_survives_copying_and_pickling(duplicate):
    original = util.EasyDict(G=util.EasyDict(fmap_base=512))
    result = duplicate(original)
    assert type(result) is util.EasyDict and result is not original
    assert result.G.fmap_base == 512


def test_user_file_not_found_error_is_both_a_value_error_and_a_file_not_found_error():
    error = util.UserFileNotFoundError('no such picture: a.png')
    assert isinstance(error, util.UserError) and isinstance(error, ValueError) and isinstance(error, FileNotFoundError)
    assert str(error) == 'no such picture: a.png'


# ----------------------------------------------------------------------------
# Logger and format_time.


def test_logger_copies_both_streams_into_the_file_and_restores_them(tmp_path, capsys):
    before = sys.stdout, sys.stderr
    with util.Logger(str(tmp_path / 'log.txt')):
        print('tick 0')
        print('careful', file=sys.stderr)
    assert (sys.stdout, sys.stderr) == before
    print('afterwards')
    assert (tmp_path / 'log.txt').read_text() == 'tick 0\ncareful\n'
    assert capsys.readouterr() == ('tick 0\nafterwards\n', 'careful\n')


def test_logger_writes_through_at_once(tmp_path):
    with util.Logger(str(tmp_path / 'log.txt')) as logger:
        logger.write('tick 0')
        assert (tmp_path / 'log.txt').read_text() == 'tick 0'


def test_logger_can_append_and_stores_any_letter(tmp_path):
    path = tmp_path / 'log.txt'
    path.write_text('old\n')
    with util.Logger(str(path), file_mode='a') as logger:
        logger.write_to_file('Kerr\u00e4s \u6f22\n')
    assert path.read_bytes().decode('utf-8') == 'old\nKerr\u00e4s \u6f22\n'


def test_logger_without_file_only_prints(capsys):
    with util.Logger():
        print('tick 0')
    assert capsys.readouterr().out == 'tick 0\n'


def test_logged_streams_still_look_like_streams(tmp_path):
    script = (
        'import sys; from dnnlib import util\n'
        'with util.Logger(sys.argv[1]):\n'
        '    sys.stdout.flush(); print(sys.stdout.isatty(), sys.stdout.fileno(), sys.stdout.encoding is not None)\n'
    )
    command = [sys.executable, '-c', script, str(tmp_path / 'log.txt')]
    assert subprocess.check_output(command, cwd=ROOT).decode().strip() == 'False 1 True'


def test_loggers_closed_in_the_wrong_order_leave_a_working_stdout(tmp_path, capsys):
    before = sys.stdout
    outer = util.Logger(str(tmp_path / 'outer.txt'))
    inner = util.Logger(str(tmp_path / 'inner.txt'))
    outer.close()
    print('between')
    inner.close()
    print('after')
    sys.stdout, sys.stderr = before, outer.stderr
    assert (tmp_path / 'inner.txt').read_text() == 'between\n'
    assert (tmp_path / 'outer.txt').read_text() == ''
    assert capsys.readouterr().out == 'between\nafter\n'


@pytest.mark.parametrize(
    'seconds, text',
    [
        (0, '0s'),
        (0.5, '0s'),
        (1.5, '2s'),
        (59.4, '59s'),
        (59.6, '1m 00s'),
        (60, '1m 00s'),
        (607, '10m 07s'),
        (3661, '1h 01m 01s'),
        (11109, '3h 05m 09s'),
        (90061, '1d 01h 01m'),
        (np.float32(42.0), '42s'),
    ],
)
def test_format_time_uses_the_units_that_matter(seconds, text):
    assert util.format_time(seconds) == text


# ----------------------------------------------------------------------------
# Objects by name.


def test_the_longest_module_name_wins():
    module, name = util.get_module_from_obj_name('os.path.join')
    assert (module, name) == (os.path, 'join')
    assert util.get_module_from_obj_name('os.path') == (os.path, '')


def test_methods_and_abbreviations_are_found_by_name():
    assert util.get_obj_by_name('dnnlib.util.Logger.close') is util.Logger.close
    assert util.get_obj_by_name('np.linalg.norm') is np.linalg.norm


def test_the_abbreviation_tf_means_the_graph_mode_interface():
    tf = pytest.importorskip('tensorflow.compat.v1')
    assert util.get_obj_by_name('tf.train.AdamOptimizer') is tf.train.AdamOptimizer


def test_functions_and_classes_are_called_by_name():
    assert util.call_func_by_name(3661, func_name='dnnlib.util.format_time') == '1h 01m 01s'
    assert util.construct_class_by_name(class_name='dnnlib.util.EasyDict', a=1).a == 1


@pytest.mark.parametrize('name', ['no_such_module.f', 'os.path.no_such_function', 'os.no.such', 'no_such_module'])
def test_an_unknown_name_is_an_import_error_that_quotes_it(name):
    with pytest.raises(ImportError, match=name):
        util.get_obj_by_name(name)


def test_an_error_inside_a_module_is_not_hidden_by_the_search(tmp_path, monkeypatch):
    (tmp_path / 'broken_module.py').write_text('import library_that_is_not_installed\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ImportError, match='library_that_is_not_installed'):
        util.get_obj_by_name('broken_module.function')


def test_modules_made_at_run_time_are_found(monkeypatch):
    module = type(sys)('_made_at_run_time')
    module.answer = 42
    monkeypatch.setitem(sys.modules, '_made_at_run_time', module)
    assert util.get_obj_by_name('_made_at_run_time.answer') == 42


def test_only_functions_that_can_be_found_again_are_top_level():
    assert util.is_top_level_function(util.format_time)
    assert not util.is_top_level_function(lambda: None)
    assert not util.is_top_level_function(util.Logger.close)
    assert not util.is_top_level_function('dnnlib.util.format_time')
    assert util.get_top_level_function_name(util.format_time) == 'dnnlib.util.format_time'
    with pytest.raises(ValueError, match='top level'):
        util.get_top_level_function_name(lambda: None)


def test_functions_of_the_running_script_get_its_name(tmp_path):
    script = tmp_path / 'my_script.py'
    script.write_text('from dnnlib import util\ndef f(): pass\nprint(util.get_top_level_function_name(f))\n')
    environment = dict(os.environ, PYTHONPATH=ROOT)
    assert subprocess.check_output([sys.executable, str(script)], env=environment) == b'my_script.f\n'


def test_module_directory_is_found_by_object_name():
    assert util.get_module_dir_by_obj_name('dnnlib.util.EasyDict') == os.path.dirname(util.__file__)


# ----------------------------------------------------------------------------
# Paths and files.


def test_paths_are_expanded_and_lose_their_trailing_slash(monkeypatch):
    monkeypatch.setenv('HOME', '/home/user')
    monkeypatch.setenv('DATASETS', '/data/sets')
    assert util.expand_path('~/datasets/') == '/home/user/datasets'
    assert util.expand_path('$DATASETS/faces') == '/data/sets/faces'
    assert util.expand_path('/') == '/'
    assert util.expand_path('') == ''
    assert util.expand_path('https://host.org/$DATASETS/~/') == 'https://host.org/$DATASETS/~/'


def test_atomic_write_creates_a_file_readable_as_usual(tmp_path):
    (tmp_path / 'plain').write_bytes(b'')
    with util.atomic_write(str(tmp_path / 'new.bin')) as file:
        file.write(b'abc')
        assert not (tmp_path / 'new.bin').exists()
    assert (tmp_path / 'new.bin').read_bytes() == b'abc'
    assert (tmp_path / 'new.bin').stat().st_mode == (tmp_path / 'plain').stat().st_mode


def test_atomic_write_of_text_is_utf8(tmp_path):
    with util.atomic_write(str(tmp_path / 'new.txt'), 'w') as file:
        file.write('\u00e4')
    assert (tmp_path / 'new.txt').read_bytes() == b'\xc3\xa4'


@pytest.mark.parametrize('error', [RuntimeError('stop'), KeyboardInterrupt()])
def test_atomic_write_leaves_the_old_file_after_an_error(tmp_path, error):
    (tmp_path / 'snapshot.pkl').write_bytes(b'old')
    with pytest.raises(type(error)):
        with util.atomic_write(str(tmp_path / 'snapshot.pkl')) as file:
            file.write(b'half')
            raise error
    assert os.listdir(str(tmp_path)) == ['snapshot.pkl']
    assert (tmp_path / 'snapshot.pkl').read_bytes() == b'old'


class FullDisk(io.FileIO):
    """A file on a disk with room for four more bytes."""

    def write(self, data):
        """Write unless it is too much."""
        if self.tell() + len(data) > 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


@pytest.mark.parametrize('open_file', [FullDisk, lambda path, mode: io.BufferedWriter(FullDisk(path, mode))])
def test_a_full_disk_costs_neither_the_old_file_nor_leaves_half_a_new_one(tmp_path, monkeypatch, open_file):
    path = str(tmp_path / 'snapshot.pkl')
    with open(path, 'wb') as file:
        file.write(b'old snapshot')
    monkeypatch.setattr(util, 'open', lambda path, mode, encoding: open_file(path, mode), raising=False)
    with pytest.raises(OSError) as caught, util.atomic_write(path) as file:
        file.write(b'four')
        file.write(b'and more')
    assert caught.value.errno == errno.ENOSPC and caught.value.filename == path
    assert os.listdir(str(tmp_path)) == ['snapshot.pkl']
    with open(path, 'rb') as file:
        assert file.read() == b'old snapshot'


def test_atomic_write_into_a_missing_folder_names_the_wanted_file(tmp_path):
    path = str(tmp_path / 'missing' / 'a.pkl')
    with pytest.raises(FileNotFoundError) as caught, util.atomic_write(path):
        pass
    assert caught.value.filename == path


def test_atomic_write_does_not_blame_its_file_for_the_lack_of_another(tmp_path):
    with pytest.raises(FileNotFoundError) as caught, util.atomic_write(str(tmp_path / 'a.pkl')):
        open(str(tmp_path / 'source.png'))
    assert caught.value.filename == str(tmp_path / 'source.png')


def test_atomic_write_follows_symbolic_links(tmp_path):
    (tmp_path / 'real.txt').write_bytes(b'old')
    (tmp_path / 'link.txt').symlink_to(tmp_path / 'real.txt')
    with util.atomic_write(str(tmp_path / 'link.txt')) as file:
        file.write(b'new')
    assert (tmp_path / 'link.txt').is_symlink() and (tmp_path / 'real.txt').read_bytes() == b'new'


def test_hash_file_is_the_sha256_of_the_content(tmp_path):
    (tmp_path / 'abc').write_bytes(b'abc')
    expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'  # FIPS 180-2, appendix B.1.
    assert util.hash_file(str(tmp_path / 'abc')) == expected


def test_cache_root_is_taken_from_the_caller_then_the_environment_then_the_home(monkeypatch):
    monkeypatch.setenv('HOME', '/home/user')
    monkeypatch.delenv('DNNLIB_CACHE_DIR', raising=False)
    assert util.make_cache_dir_path('downloads', 'a') == '/home/user/.cache/dnnlib/downloads/a'
    monkeypatch.setenv('DNNLIB_CACHE_DIR', '~/cache')
    assert util.make_cache_dir_path('downloads') == '/home/user/cache/downloads'
    util.set_cache_dir('/fast/disk')
    try:
        assert util.make_cache_dir_path() == '/fast/disk'
    finally:
        util.set_cache_dir(None)


def test_cache_lies_with_temporary_files_where_there_is_no_home(monkeypatch):
    for name in ('HOME', 'USERPROFILE', 'DNNLIB_CACHE_DIR'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(util.tempfile, 'gettempdir', lambda: '/scratch')
    assert util.make_cache_dir_path('downloads') == '/scratch/.cache/dnnlib/downloads'


# ----------------------------------------------------------------------------
# URLs.


@pytest.mark.parametrize(
    'obj, expected',
    [
        (FFHQ_URL, True),
        ('http://127.0.0.1:8080/a.pkl', True),
        ('gdrive:networks/stylegan2-ffhq-config-f.pkl', False),
        ('/data/a.pkl', False),
        ('file:///data/a.pkl', False),
        ('http:///a.pkl', False),
        ('http://[broken', False),
        (None, False),
    ],
)
def test_is_url_knows_web_addresses(obj, expected):
    assert util.is_url(obj) is expected


def test_is_url_knows_file_urls_on_request():
    assert util.is_url('file:///data/a.pkl', allow_file_urls=True)
    assert not util.is_url('/data/a.pkl', allow_file_urls=True)


def test_open_url_reads_paths_and_file_urls(tmp_path):
    path = tmp_path / 'a b.pkl'
    path.write_bytes(PAYLOAD)
    for name in (str(path), path.as_uri()):
        with util.open_url(name, sha256=PAYLOAD_SHA256.upper()) as file:
            assert file.read() == PAYLOAD
    assert util.open_url(path.as_uri(), return_filename=True) == str(path)


@pytest.mark.parametrize(
    'name, message',
    [('missing.pkl', 'file not found: .*missing.pkl'), ('.', 'expected a file, got the directory')],
)
def test_open_url_says_which_local_file_is_missing(tmp_path, name, message):
    with pytest.raises(util.UserError, match=message):
        util.open_url(str(tmp_path / name))


def test_open_url_refuses_a_local_file_with_another_checksum(tmp_path):
    (tmp_path / 'a.pkl').write_bytes(b'other')
    with pytest.raises(util.UserError, match='a.pkl is not the expected file.*' + PAYLOAD_SHA256):
        util.open_url(str(tmp_path / 'a.pkl'), sha256=PAYLOAD_SHA256)


def test_a_file_put_into_the_cache_by_hand_is_found_under_its_documented_name(tmp_path):
    (tmp_path / FFHQ_CACHE_NAME).write_bytes(PAYLOAD)
    with util.open_url(FFHQ_URL, cache_dir=str(tmp_path)) as file:
        assert file.read() == PAYLOAD


class WebServer:
    """A web server on this machine that plays back answers: path -> list of (status, headers, body)."""

    def __init__(self):
        self.answers = {}
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append(self.path)
                answers = outer.answers[self.path.partition('?')[0]]
                status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                for name, value in dict({'Content-Length': str(len(body))}, **headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self._server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self._server.server_address[1]}'
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self):
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server():
    web_server = WebServer()
    yield web_server
    web_server.close()


@pytest.fixture
def pauses(monkeypatch):
    """The pauses that open_url asked for, none of which takes any time."""
    seconds = []
    monkeypatch.setattr(util.time, 'sleep', seconds.append)
    return seconds


def test_a_small_binary_download_happens_once_and_is_cached_under_the_url(server, tmp_path, capsys):
    server.answers['/nets/a.pkl'] = [(200, {}, PAYLOAD)]
    url = server.url + '/nets/a.pkl'
    for _ in range(2):
        with util.open_url(url, cache_dir=str(tmp_path / 'new'), sha256=PAYLOAD_SHA256) as file:
            assert file.read() == PAYLOAD
    name = hashlib.md5(url.encode()).hexdigest() + '_' + url.replace(':', '_').replace('/', '_')
    assert os.listdir(str(tmp_path / 'new')) == [name]
    assert server.requests == ['/nets/a.pkl']
    assert capsys.readouterr().out == f'Downloading {url} ... done\n'


def test_nothing_is_downloaded_offline_but_the_cache_is_used(server, tmp_path, monkeypatch):
    server.answers['/a.pkl'] = [(200, {}, PAYLOAD)]
    url = server.url + '/a.pkl'
    monkeypatch.setenv('DNNLIB_OFFLINE', '1')
    with pytest.raises(util.UserError, match=r'downloads are switched off \(DNNLIB_OFFLINE\); fetch the file'):
        util.open_url(url, cache_dir=str(tmp_path))
    assert server.requests == []
    monkeypatch.setenv('DNNLIB_OFFLINE', '0')
    path = util.open_url(url, cache_dir=str(tmp_path), return_filename=True)
    monkeypatch.setenv('DNNLIB_OFFLINE', '1')
    assert util.open_url(url, cache_dir=str(tmp_path), return_filename=True) == path


def test_downloads_go_to_the_cache_root_and_can_be_silent(server, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('DNNLIB_CACHE_DIR', str(tmp_path))
    server.answers['/a.pkl'] = [(200, {}, PAYLOAD)]
    path = util.open_url(server.url + '/a.pkl', verbose=False, return_filename=True)
    assert os.path.dirname(path) == str(tmp_path / 'downloads')
    assert capsys.readouterr().out == ''


@pytest.mark.parametrize(
    'header, name',
    [
        ('attachment; filename="my net.pkl"', 'my_net.pkl'),
        ('attachment; filename="../../etc/net.pkl"', '.._.._etc_net.pkl'),
        ("attachment; filename*=UTF-8''net%20a.pkl", 'net_a.pkl'),
        ('attachment; filename="{}.pkl"'.format('x' * 300), 'x' * 146 + '.pkl'),
    ],
)
def test_the_name_that_the_server_proposes_is_used_after_cleaning(server, tmp_path, header, name):
    server.answers['/download'] = [(200, {'Content-Disposition': header}, PAYLOAD)]
    url = server.url + '/download'
    path = util.open_url(url, cache_dir=str(tmp_path), return_filename=True)
    assert path == str(tmp_path / (hashlib.md5(url.encode()).hexdigest() + '_' + name))


@pytest.mark.parametrize('bad_answer', [(503, {}, b'busy'), (200, {}, b''), (200, {'Content-Length': '4711'}, PAYLOAD)])
def test_a_passing_failure_is_tried_again(server, tmp_path, pauses, capsys, bad_answer):
    server.answers['/a.pkl'] = [bad_answer, bad_answer, (200, {}, PAYLOAD)]
    with util.open_url(server.url + '/a.pkl', cache_dir=str(tmp_path)) as file:
        assert file.read() == PAYLOAD
    assert capsys.readouterr().out.endswith(' ..... done\n')
    assert pauses == [0.1, 0.2]


def test_pauses_between_ten_attempts_grow_but_stay_short(server, tmp_path, pauses):
    server.answers['/a.pkl'] = [(503, {}, b'busy')]
    with pytest.raises(util.UserError, match='the server answered 503'):
        util.open_url(server.url + '/a.pkl', cache_dir=str(tmp_path))
    assert len(server.requests) == 10
    assert pauses == sorted(pauses) and len(pauses) == 9 and sum(pauses) < 10
    assert os.listdir(str(tmp_path)) == []


def test_a_file_that_is_not_there_is_asked_for_once(server, tmp_path, pauses):
    server.answers['/a.pkl'] = [(404, {}, b'nothing here')]
    with pytest.raises(util.UserError, match='the server answered 404'):
        util.open_url(server.url + '/a.pkl', cache_dir=str(tmp_path))
    assert len(server.requests) == 1 and pauses == []


def test_without_network_the_message_says_what_to_fetch_and_where_to_put_it(tmp_path, pauses, capsys):
    server = WebServer()
    url = server.url + '/nets/a.pkl'
    server.close()
    with pytest.raises(util.UserError) as caught:
        util.open_url(url, cache_dir=str(tmp_path), sha256=PAYLOAD_SHA256)
    message = str(caught.value)
    assert url in message and 'no connection to 127.0.0.1' in message and PAYLOAD_SHA256 in message
    assert '\n' not in message
    assert capsys.readouterr().out == f'Downloading {url} ............. failed\n'

    place = message[message.index(str(tmp_path)) :].split(', or')[0]
    with open(place, 'wb') as file:
        file.write(PAYLOAD)
    assert util.open_url(url, cache_dir=str(tmp_path), return_filename=True) == place


def test_a_web_page_instead_of_a_file_is_refused_and_not_cached(server, tmp_path):
    page = b'\n<!DOCTYPE html><html><head><title>Log\n in</title></head></html>'
    server.answers['/a.pkl'] = [(200, {}, page)]
    with pytest.raises(util.UserError, match='a web page entitled "Log in" instead of a file'):
        util.open_url(server.url + '/a.pkl', cache_dir=str(tmp_path))
    assert os.listdir(str(tmp_path)) == []


@pytest.mark.parametrize(
    'body',
    [
        '<a id="uc-download-link" href="/file?export=download&amp;confirm=t7">Download anyway</a>',
        '<form id="download-form" action="/file"><input type="hidden" name="export" value="download">'
        '<input type="hidden" name="confirm" value="t7"><input type="submit" value="Download anyway"></form>',
    ],
)
def test_the_virus_warning_of_google_drive_is_passed(server, tmp_path, body):
    page = '<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head>' + body + '</html>'
    server.answers['/uc'] = [(200, {}, page.encode())]
    server.answers['/file'] = [(200, {}, PAYLOAD)]
    with util.open_url(server.url + '/uc?id=1', cache_dir=str(tmp_path)) as file:
        assert file.read() == PAYLOAD
    assert server.requests == ['/uc?id=1', '/file?export=download&confirm=t7']


def test_an_exceeded_quota_of_google_drive_is_named(server, tmp_path):
    page = b'<html><head><title>Google Drive - Quota exceeded</title></head></html>'
    server.answers['/uc'] = [(200, {}, page)]
    with pytest.raises(util.UserError, match='download quota of this file is exceeded'):
        util.open_url(server.url + '/uc', cache_dir=str(tmp_path))
    assert len(server.requests) == 1


def test_a_download_with_another_checksum_is_refused_and_not_cached(server, tmp_path):
    server.answers['/a.pkl'] = [(200, {}, b'other')]
    with pytest.raises(util.UserError, match='SHA-256 of what came is .* expected ' + PAYLOAD_SHA256):
        util.open_url(server.url + '/a.pkl', cache_dir=str(tmp_path), sha256=PAYLOAD_SHA256)
    assert os.listdir(str(tmp_path)) == []


def test_a_damaged_file_in_the_cache_is_fetched_again(server, tmp_path):
    server.answers['/a.pkl'] = [(200, {}, PAYLOAD)]
    url = server.url + '/a.pkl'
    path = util.open_url(url, cache_dir=str(tmp_path), return_filename=True)
    with open(path, 'wb') as file:
        file.write(b'damaged')
    with util.open_url(url, cache_dir=str(tmp_path), sha256=PAYLOAD_SHA256) as file:
        assert file.read() == PAYLOAD
    assert len(os.listdir(str(tmp_path))) == 1


def test_a_cache_that_cannot_be_made_is_reported_with_the_way_out(tmp_path):
    (tmp_path / 'file').write_bytes(b'')
    with pytest.raises(util.UserError, match='cannot make the cache directory .*file/cache.*DNNLIB_CACHE_DIR'):
        util.open_url(FFHQ_URL, cache_dir=str(tmp_path / 'file' / 'cache'))


@pytest.mark.parametrize(
    'head, expected',
    [
        (b'<!DOCTYPE HTML><html>', True),
        (b'\xef\xbb\xbf\n <html lang="en">', True),
        (b'\x80\x04<html>', False),
        (b'version https://git-lfs', False),
        (b'', False),
    ],
)
def test_web_pages_are_recognised_by_their_first_bytes(head, expected):
    assert util.is_html(head) is expected


@pytest.mark.parametrize(
    'name, expected', [('\u00e9lan', '\u00e9lan'), ('\udce9lan', '\\xe9lan'), ('\ud83d\udce9', '\\ud83d\\udce9')]
)
def test_names_of_files_become_text_that_can_be_written(name, expected):
    assert util.escape_name(name) == expected
    expected.encode('utf-8')


def test_log_takes_names_that_are_no_text(tmp_path, capsys):
    with util.Logger(str(tmp_path / 'log.txt')) as logger:
        logger.write_to_file('\udce9lan\n')
    assert (tmp_path / 'log.txt').read_text() == '\\udce9lan\n'


def test_names_that_are_no_text_are_none_for_tensorflow(tmp_path, monkeypatch):
    util.check_name('\u00e9lan')
    with pytest.raises(util.UserError, match=r'cannot write to .*xe9lan/out, whose name is no UTF-8; choose another'):
        util.check_name('\udce9lan/out')
    with pytest.raises(
        util.UserError, match='cannot write to .*/\u00e9lan in a locale that knows ASCII only; set LC_ALL'
    ):
        util.check_name('\udcc3\udca9lan')  # What Python 3.6 makes of it with LC_ALL=C.
    with pytest.raises(util.UserError, match='no UTF-8'):
        util.check_name('half of \ud83d')
    (tmp_path / '\udce9lan').mkdir()
    monkeypatch.chdir(str(tmp_path / '\udce9lan'))
    with pytest.raises(util.UserError, match='no UTF-8'):
        util.check_name('out')
