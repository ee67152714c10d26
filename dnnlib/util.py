# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The StyleGAN2-TF authors
"""Generic helpers: attribute dictionaries, logging, objects by name, files that appear whole, cached downloads."""

import contextlib
import email.message
import glob
import hashlib
import html.parser
import importlib
import inspect
import itertools
import os
import re
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import uuid

# ----------------------------------------------------------------------------
# Errors and containers.


class UserError(ValueError):
    """A wrong input whose message suffices to correct it; scripts print it as one line without a traceback."""


class UserFileNotFoundError(UserError, FileNotFoundError):
    """A file or directory named by the user does not exist."""


class EasyDict(dict):
    """Give a dictionary whose items can be read, set and deleted as attributes as well."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value

    def __delattr__(self, name):
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None


# ----------------------------------------------------------------------------
# Console.


class Logger:
    """Copy everything printed to stdout and stderr into a file, until closed.

    Args:
        file_name: File to write, or None to leave the two streams as they are.
        file_mode: Mode to open the file with: 'w' (replace), 'a' (append) or 'x' (must be new).
        should_flush: Flush after every write, so that the file can be followed while the program runs.
    """

    def __init__(self, file_name=None, file_mode='w', should_flush=True):
        self.file = (
            None if file_name is None else open(file_name, file_mode, encoding='utf-8', errors='backslashreplace')
        )
        self.should_flush = should_flush
        self.stdout = sys.stdout
        self.stderr = sys.stderr
        self._tees = [_Tee(self.stdout, self), _Tee(self.stderr, self)]
        sys.stdout, sys.stderr = self._tees

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def write(self, text):
        """Write text to the original stdout and to the file."""
        self._tees[0].write(text)

    def write_to_file(self, text):
        """Write text to the file alone; without effect once the logger is closed."""
        if self.file is not None:
            self.file.write(text)
            if self.should_flush:
                self.file.flush()

    def flush(self):
        """Flush the original stdout and the file."""
        self._tees[0].flush()

    def close(self):
        """Restore stdout and stderr, unless somebody else has replaced them meanwhile, and close the file."""
        self.flush()
        if sys.stdout is self._tees[0]:
            sys.stdout = self.stdout
        if sys.stderr is self._tees[1]:
            sys.stderr = self.stderr
        file, self.file = self.file, None
        if file is not None:
            file.close()


class _Tee:
    """A text stream that also feeds a logger; all else (isatty, fileno, encoding ...) is that of the stream."""

    def __init__(self, stream, logger):
        self._stream = stream
        self._logger = logger

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        if isinstance(text, bytes):
            text = text.decode('utf-8', 'replace')
        if text:  # Python 3.6 would print nothing, yet IDE consoles react to empty writes.
            self._stream.write(text)
            self._logger.write_to_file(text)
            if self._logger.should_flush:
                self._stream.flush()
        return len(text)

    def flush(self):
        self._stream.flush()
        if self._logger.file is not None:
            self._logger.file.flush()


def format_time(seconds):
    """Return a duration as text, e.g. `42s`, `10m 07s`, `3h 05m 09s` or `2d 03h 12m`."""
    total = int(round(seconds))
    minutes, sec = divmod(total, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f'{days}d {hour:02}h {minute:02}m'
    if hours:
        return f'{hours}h {minute:02}m {sec:02}s'
    if minutes:
        return f'{minutes}m {sec:02}s'
    return f'{sec}s'


# ----------------------------------------------------------------------------
# Objects by name.

_MODULE_ABBREVIATIONS = {'np': 'numpy', 'tf': 'tensorflow.compat.v1'}


def get_module_from_obj_name(obj_name):
    """Split a full object name into its module and the rest.

    Args:
        obj_name: Name such as `package.module.function`; a leading `np.` or `tf.` may be abbreviated.

    Returns:
        Tuple (module, name of the object inside that module); the longest possible module name wins.

    Raises:
        ImportError: If there is no such object, or if its module fails to import.
    """
    first, dot, rest = obj_name.partition('.')
    parts = (_MODULE_ABBREVIATIONS.get(first, first) + dot + rest).split('.')
    for num_module_parts in range(len(parts), 0, -1):
        module = _import_if_present('.'.join(parts[:num_module_parts]))
        local_name = '.'.join(parts[num_module_parts:])
        if module is not None and _has_obj(module, local_name):
            return module, local_name
    raise ImportError(f'no module or object is named {obj_name!r}', name=obj_name)


def _import_if_present(module_name):
    """Return the module, or None if it does not exist; an error inside an existing module passes through."""
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and (module_name + '.').startswith(error.name + '.'):
            return None
        raise


def _has_obj(module, obj_name):
    try:
        get_obj_from_module(module, obj_name)
    except AttributeError:
        return False
    return True


def get_obj_from_module(module, obj_name):
    """Return the object of a possibly dotted name inside a module; the empty name is the module itself."""
    obj = module
    for part in obj_name.split('.') if obj_name else []:
        obj = getattr(obj, part)
    return obj


def get_obj_by_name(name):
    """Return the object of a full name such as `package.module.function`; raise ImportError if there is none."""
    module, local_name = get_module_from_obj_name(name)
    return get_obj_from_module(module, local_name)


def call_func_by_name(*args, func_name, **kwargs):
    """Call the function of a full name with the other arguments and return its result."""
    return get_obj_by_name(func_name)(*args, **kwargs)


def construct_class_by_name(*args, class_name, **kwargs):
    """Make an instance of the class of a full name."""
    return get_obj_by_name(class_name)(*args, **kwargs)


def get_module_dir_by_obj_name(obj_name):
    """Return the directory of the source file of the module that holds the named object."""
    module, _ = get_module_from_obj_name(obj_name)
    return os.path.dirname(inspect.getfile(module))


def is_top_level_function(obj):
    """Tell whether an object is a callable that can be found again by module and name."""
    if not callable(obj) or not hasattr(obj, '__name__'):
        return False
    module = sys.modules.get(obj.__module__)
    return getattr(module, obj.__name__, None) is obj


def add_defaults(func, kwargs):
    """Return keywords of a function with those that are missing and have a default value."""
    parameters = inspect.signature(func).parameters.values()
    defaults = {item.name: item.default for item in parameters if item.default is not item.empty}
    return dict(defaults, **kwargs)


def get_top_level_function_name(obj):
    """Return the full name of a top-level function; one of the running script gets that script's module name."""
    if not is_top_level_function(obj):
        raise ValueError(f'expected a function defined at the top level of a module, got {obj!r}')
    module_name = obj.__module__
    if module_name == '__main__':
        module_name = os.path.splitext(os.path.basename(sys.modules['__main__'].__file__))[0]
    return module_name + '.' + obj.__name__


# ----------------------------------------------------------------------------
# Files.


def expand_path(path):
    """Return a path with `~` and environment variables expanded and without a trailing slash; URLs stay as they are."""
    if is_url(path, allow_file_urls=True):
        return path
    path = os.path.expanduser(os.path.expandvars(path))
    return path.rstrip('/') or path[:1]


def escape_name(name):
    r"""Return the name of a file as text that can be written and printed anywhere: bytes that are no UTF-8 as \xe9."""
    try:
        content = name.encode('utf-8', 'surrogateescape')
    except UnicodeEncodeError:  # Half a character, as JSON can hold.
        content = name.encode('utf-8', 'backslashreplace')
    return content.decode('utf-8', 'backslashreplace')


def check_name(path):
    """Raise UserError if a path is none that TensorFlow can write to, as it takes text only."""
    path = os.path.abspath(path)
    name = escape_name(path)
    if name == path:
        return
    try:
        os.fsencode(path).decode('utf-8')
    except UnicodeError:
        raise UserError(f'TensorFlow cannot write to {name}, whose name is no UTF-8; choose another') from None
    raise UserError(f'TensorFlow cannot write to {name} in a locale that knows ASCII only; set LC_ALL=C.UTF-8')


@contextlib.contextmanager
def atomic_write(path, mode='wb'):
    """Open a file for writing so that it appears under its name complete or not at all.

    The content goes to a hidden temporary file of the same folder, which is renamed at the end of the `with` block.
    After an error the temporary file is removed and an older file of that name is left as it was.

    Args:
        path: File to write; a symbolic link is followed.
        mode: 'wb', or 'w' for text (UTF-8).

    Yields:
        The open file.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f'.{name[:100]}.{uuid.uuid4().hex[:8]}.tmp')
    try:
        with open(temporary, mode, encoding=None if 'b' in mode else 'utf-8') as file:
            yield file
        os.replace(temporary, target)
    except BaseException as error:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)
        if isinstance(error, OSError) and error.errno and error.filename in (None, temporary):
            error.filename = str(path)  # A full disk does not say which file it was.
        raise


def hash_file(path):
    """Return the SHA-256 of a file's content as hexadecimal text."""
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        for chunk in iter(lambda: file.read(1 << 20), b''):
            digest.update(chunk)
    return digest.hexdigest()


_cache_dir = None


def set_cache_dir(path):
    """Set the root of all caches for this process; None returns to the default of `make_cache_dir_path`."""
    global _cache_dir
    _cache_dir = path


def make_cache_dir_path(*parts):
    """Join a path to the cache root; the directory is not made.

    The root is the one given to `set_cache_dir`, else $DNNLIB_CACHE_DIR, else `.cache/dnnlib` in the home directory,
    or in the folder for temporary files where there is no home.
    """
    root = _cache_dir or os.environ.get('DNNLIB_CACHE_DIR')
    if not root:
        home = os.environ.get('HOME') or os.environ.get('USERPROFILE') or tempfile.gettempdir()
        root = os.path.join(home, '.cache', 'dnnlib')
    return os.path.join(expand_path(root), *parts)


# ----------------------------------------------------------------------------
# Downloads.


def is_offline():
    """Tell whether the environment variable DNNLIB_OFFLINE forbids downloads; empty and 0 allow them."""
    return os.environ.get('DNNLIB_OFFLINE', '0') not in ('', '0')


def is_url(obj, allow_file_urls=False):
    """Tell whether an object is the text of a http or https URL (or, on request, of a file URL)."""
    if not isinstance(obj, str):
        return False
    try:
        url = urllib.parse.urlparse(obj)
    except ValueError:
        return False
    if url.scheme == 'file':
        return allow_file_urls and bool(url.path)
    return url.scheme in ('http', 'https') and bool(url.netloc)


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
            path = _transfer(url, cache_dir, sha256)
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


def _transfer(url, cache_dir, sha256):
    """Make one attempt to download a URL; return the path or raise _TransferError."""
    import requests  # Takes a while to import, and most calls find their file in the cache.

    try:
        with requests.Session() as session:
            session.headers['Accept-Encoding'] = 'identity'  # So that Content-Length is the size of the file.
            response, chunks = _request_file(session, url)
            name = _make_safe_name(_get_file_name(response.headers) or url)
            path = os.path.join(cache_dir, _make_cache_name(url, name))
            with atomic_write(path) as file:
                _save_chunks(chunks, file, response.headers, sha256)
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


def _save_chunks(chunks, file, headers, sha256):
    """Copy chunks into a file; raise _TransferError if they are none, too few or not the expected ones."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        file.write(chunk)

    num_bytes = file.tell()
    num_expected = num_bytes if 'Content-Encoding' in headers else int(headers.get('Content-Length', num_bytes))
    if num_bytes == 0:
        raise _TransferError('an empty file came')
    if num_bytes != num_expected:
        raise _TransferError(f'only {num_bytes} of {num_expected} bytes came')
    if sha256 is not None and digest.hexdigest() != sha256.lower():
        raise _TransferError(f'the SHA-256 of what came is {digest.hexdigest()}, expected {sha256}', final=True)


def _get_file_name(headers):
    """Return the file name that the server proposes, or None."""
    message = email.message.Message()
    message['Content-Disposition'] = headers.get('Content-Disposition', '')
    return message.get_filename()


def is_html(head):
    """Tell whether the first bytes of a file are those of a web page."""
    start = head[:1024].lstrip(b'\xef\xbb\xbf \t\r\n').lower()
    return start.startswith((b'<!doctype html', b'<html'))


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
