# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Downloads that happen once: open a URL, or find its file in the cache."""

import email.message
import glob
import hashlib
import html.parser
import itertools
import os
import re
import time
import urllib.parse
import urllib.request

from dnnlib.errors import UserError, UserFileNotFoundError
from dnnlib.file_signatures import is_html
from dnnlib.files import atomic_write, expand_path, hash_file, is_url, make_cache_dir_path
from dnnlib.progress import Progress


def is_offline():
    """Tell whether the environment variable DNNLIB_OFFLINE forbids downloads; empty and 0 allow them."""
    return os.environ.get('DNNLIB_OFFLINE', '0') not in ('', '0')


def open_url(url, cache_dir=None, num_attempts=10, verbose=True, sha256=None, return_filename=False):
    """Open a URL or a local file for reading; a download happens once and is found in the cache afterwards.

    A cached file is called `<MD5 of the URL>_<name>`, so one that was fetched by other means can be put there by hand.

    Args:
        url: http or https URL, file URL, or path of a file.
        cache_dir: Folder for downloaded files, or None for `make_cache_dir_path('downloads')`.
        num_attempts: How often to try before giving up; useless repetitions (file not found, ...) are skipped.
        verbose: Print what is downloaded, with a dot for each attempt that failed.
        sha256: Checksum that the content must have, hexadecimal, or None to accept anything but a web page.
        return_filename: Return the path of the local file instead of an open file.

    Returns:
        Open binary file, or its path.

    Raises:
        UserError: If the download fails or is forbidden by the environment variable DNNLIB_OFFLINE, a web page comes
            instead of a file, or the checksum differs.
        UserFileNotFoundError: If a local file does not exist.
    """
    cache_dir = cache_dir or make_cache_dir_path('downloads')
    if not is_url(url):
        path = _find_local_file(url, sha256)
    else:
        path = _find_cached_file(url, cache_dir, sha256) or _download(url, cache_dir, num_attempts, verbose, sha256)
    return path if return_filename else open(path, 'rb')


def _find_local_file(path_or_url, sha256):
    path = expand_path(path_or_url)
    if is_url(path, allow_file_urls=True):
        path = urllib.request.url2pathname(urllib.parse.urlparse(path).path)
    if os.path.isdir(path):
        raise UserError(f'expected a file, got the directory {path}')
    if not os.path.exists(path):
        raise UserFileNotFoundError(f'file not found: {path}')
    if sha256 is not None and hash_file(path) != sha256.lower():
        raise UserError(f'{path} is not the expected file: its SHA-256 is {hash_file(path)}, expected {sha256}')
    return path


def _find_cached_file(url, cache_dir, sha256):
    """Return the cached file of a URL, or None if there is none, several, or one with another checksum."""
    matches = glob.glob(os.path.join(glob.escape(cache_dir), _make_cache_name(url, '*')))
    if len(matches) != 1 or (sha256 is not None and hash_file(matches[0]) != sha256.lower()):
        return None
    return matches[0]


def _make_cache_name(url, name):
    return hashlib.md5(url.encode('utf-8')).hexdigest() + '_' + name


def _make_safe_name(name):
    """Replace what not every file system allows, and keep the end of names that are too long for one."""
    return re.sub(r'[^0-9a-zA-Z\-._]', '_', name)[-150:]


class _TransferError(Exception):
    """One attempt to download failed; `final` if another one would, too."""

    def __init__(self, reason, final=False):
        super().__init__(reason)
        self.final = final


def _download(url, cache_dir, num_attempts, verbose, sha256):
    """Download a URL into the cache, with pauses between attempts that grow up to a second; return the path."""
    if is_offline():
        raise _explain_failure(url, cache_dir, sha256, 'downloads are switched off (DNNLIB_OFFLINE)')
    _make_cache_dir(cache_dir)
    report = print if verbose else lambda *args, **kwargs: None
    report(f'Downloading {url} ...', end='', flush=True)
    reason = 'no attempt was made'
    for attempt in range(num_attempts):
        try:
            path = _transfer(url, cache_dir, sha256, verbose)
        except _TransferError as error:
            reason = error
            report('.', end='', flush=True)
            if error.final:
                break
            if attempt + 1 < num_attempts:
                time.sleep(min(0.1 * 2**attempt, 1.0))
        else:
            report(' done')
            return path

    report(' failed')
    raise _explain_failure(url, cache_dir, sha256, reason)


def _explain_failure(url, cache_dir, sha256, reason):
    by_hand = os.path.join(cache_dir, _make_cache_name(url, _make_safe_name(url)))
    checksum = '' if sha256 is None else f' (SHA-256 {sha256})'
    return UserError(
        f'cannot download {url}: {reason}; fetch the file{checksum} with other means and save it as {by_hand}, '
        'or give the path of a local copy instead of the URL'
    )


def _make_cache_dir(cache_dir):
    try:
        os.makedirs(cache_dir, exist_ok=True)
    except OSError as error:
        raise UserError(
            f'cannot make the cache directory {cache_dir} ({error.strerror}); '
            'set the environment variable DNNLIB_CACHE_DIR to a folder that can be written'
        ) from error


def _transfer(url, cache_dir, sha256, verbose):
    """Make one attempt to download a URL; return the path or raise _TransferError."""
    import requests  # Takes a while to import, and most calls find their file in the cache.

    try:
        with requests.Session() as session:
            session.headers['Accept-Encoding'] = 'identity'  # So that Content-Length is the size of the file.
            response, chunks = _request_file(session, url)
            name = _make_safe_name(_get_file_name(response.headers) or url)
            path = os.path.join(cache_dir, _make_cache_name(url, name))
            with atomic_write(path) as file:
                _save_chunks(chunks, file, response.headers, sha256, verbose)
    except requests.RequestException as error:
        host = urllib.parse.urlparse(url).netloc
        raise _TransferError(f'no connection to {host}, or it broke ({type(error).__name__})') from error
    return path


def _request_file(session, url):
    """Request a file; return the response and an iterator over its bytes, which are no web page."""
    for _ in range(3):  # Google Drive may put a page or two in front of a file.
        response = session.get(url, stream=True, timeout=(10, 60))
        status = response.status_code
        if status >= 400:
            retry = status >= 500 or status in (408, 425, 429)
            raise _TransferError(f'the server answered {status} {response.reason}', final=not retry)
        chunks = response.iter_content(1 << 20)
        head = next(chunks, b'')
        if not is_html(head):
            return response, itertools.chain([head], chunks)
        page = (head + b''.join(chunks)).decode('utf-8', 'replace')
        url = _find_drive_link(page, response.url)
        if url is None:
            break
    raise _TransferError(_explain_page(page), final=True)


def _save_chunks(chunks, file, headers, sha256, verbose):
    """Copy chunks into a file; raise _TransferError if they are none, too few or not the expected ones."""
    digest = hashlib.sha256()
    length = None if 'Content-Encoding' in headers else headers.get('Content-Length')
    num_expected = None if length is None else int(length)
    with Progress('Downloading', num_expected and num_expected / 1e6, 'MB', verbose, new_line=True) as progress:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
            progress.update(len(chunk) / 1e6)

    num_bytes = file.tell()
    if num_bytes == 0:
        raise _TransferError('an empty file came')
    if num_expected not in (None, num_bytes):
        raise _TransferError(f'only {num_bytes} of {num_expected} bytes came')
    if sha256 is not None and digest.hexdigest() != sha256.lower():
        raise _TransferError(f'the SHA-256 of what came is {digest.hexdigest()}, expected {sha256}', final=True)


def _get_file_name(headers):
    """Return the file name that the server proposes, or None."""
    message = email.message.Message()
    message['Content-Disposition'] = headers.get('Content-Disposition', '')
    return message.get_filename()


class _DrivePage(html.parser.HTMLParser):
    """Finds the form or link with which a page of Google Drive leads on to the file."""

    def __init__(self):
        super().__init__()
        self.link = None
        self.form_action = None
        self.form_fields = []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == 'form' and attrs.get('id') == 'download-form':
            self.form_action = attrs.get('action')
        elif tag == 'input' and self.form_action and attrs.get('name'):
            self.form_fields.append((attrs['name'], attrs.get('value') or ''))
        elif tag == 'a' and 'export=download' in (attrs.get('href') or ''):
            self.link = attrs['href']


def _find_drive_link(page, page_url):
    """Return the URL behind the page in which Google Drive says it cannot scan a file for viruses, or None."""
    if 'google drive' not in page.lower():
        return None
    parser = _DrivePage()
    parser.feed(page)
    link = parser.link
    if parser.form_action:
        separator = '&' if '?' in parser.form_action else '?'
        link = parser.form_action + separator + urllib.parse.urlencode(parser.form_fields)
    return urllib.parse.urljoin(page_url, link) if link else None


def _explain_page(page):
    text = page.lower()
    if 'google drive' in text and 'quota' in text:
        return 'Google Drive says that the download quota of this file is exceeded for now'
    title = re.search(r'<title[^>]*>(.*?)</title>', page, re.IGNORECASE | re.DOTALL)
    quoted = f' entitled "{" ".join(title.group(1).split())}"' if title else ''
    return f'the server sent a web page{quoted} instead of a file'
