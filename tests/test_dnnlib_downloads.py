# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Tests of downloads, which come from a server inside the test process."""

import hashlib
import http.server
import os
import threading
import time

import pytest

from dnnlib import util

FFHQ_URL = 'https://nvlabs-fi-cdn.nvidia.com/stylegan2/networks/stylegan2-ffhq-config-f.pkl'
FFHQ_CACHE_NAME = (
    '92b0fe539a227cdb6d0fb2833c6a30df_https___nvlabs-fi-cdn.nvidia.com_stylegan2_networks_stylegan2-ffhq-config-f.pkl'
)
PAYLOAD = b'\x80\x04\xff\xfe small but binary'
PAYLOAD_SHA256 = hashlib.sha256(PAYLOAD).hexdigest()


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
    monkeypatch.setattr(time, 'sleep', seconds.append)
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
