# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash

# What the scripts beside this one share. To be sourced by bash.

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

if [[ -t 2 && -z ${NO_COLOR:-} ]]; then
  bold=$'\033[1m'
  plain=$'\033[m'
else
  bold=
  plain=
fi

say() {
  printf '%s%s%s\n' "$bold" "$*" "$plain" >&2
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    say "This needs root, and there is no sudo: $*"
    return 1
  fi
}

# What of the environment goes on to where the rest would be wrong, or is not let pass by sudo: each
# NAME=VALUE with a null byte after it.
kept_environment() {
  local name

  while read -r name; do
    case $name in
      CI | LANG | LC_* | NO_COLOR | TERM | *_proxy | *_PROXY | MESON_* | MOOD_*)
        printf '%s=%s\0' "$name" "${!name}"
        ;;
    esac
  done < <(compgen -e)
}

# missing_packages [LIST...]
#
# Those of the packages in the lists, which are files in script, that are not installed, one a line.
# Without a list it is script/packages.
missing_packages() {
  local package

  while read -r package; do
    if [[ -n $package && $package != '#'* ]] &&
      [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
      echo "$package"
    fi
  done < <(cd "$checkout/script" && cat -- "${@:-packages}")
}

# install_with_apt_get PACKAGE...
install_with_apt_get() {
  say "Installing with apt-get: $*"
  as_root apt-get update || say 'Going on with the lists of packages that are there'
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends "$@"
}

# For where packages cannot be installed: whether what they bring is there all the same.
check_programs() {
  local program missing=()

  for program in meson ninja cc pkg-config g-ir-scanner python3 gjs valac; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  pkg-config --exists 'gio-unix-2.0 >= 2.74' 2>/dev/null ||
    missing+=('the development files of GLib, 2.74 or newer')
  pkg-config --exists 'json-glib-1.0 >= 1.6' 2>/dev/null ||
    missing+=('the development files of json-glib, 1.6 or newer')

  if ((${#missing[@]} == 0)); then
    return 0
  fi

  say 'Missing:'
  printf '  %s\n' "${missing[@]}" >&2
  cat >&2 <<'END'
What is needed comes with these packages, on Fedora
  dnf install meson ninja-build gcc pkgconf-pkg-config glib2-devel \
    gobject-introspection-devel python3 python3-gobject gjs vala gi-docgen python3-mypy valgrind \
    strace json-glib-devel gettext python3-pyte
and on Arch Linux
  pacman -S meson ninja gcc pkgconf glib2-devel gobject-introspection \
    python python-gobject gjs vala gi-docgen mypy valgrind strace json-glib gettext python-pyte
END
  return 1
}

# install_packages [LIST...]
#
# Installs the packages that missing_packages finds, and names them first.
install_packages() {
  local missing

  if command -v apt-get >/dev/null; then
    mapfile -t missing < <(missing_packages "$@")
    if ((${#missing[@]} == 0)) || install_with_apt_get "${missing[@]}"; then
      return 0
    fi
  fi

  check_programs
}

# build_directory NAME
#
# The build directory of that name in the checkout. With the tools of another release of Debian, in
# script/in-release, it is another one.
build_directory() {
  printf '%s\n' "$checkout/$1${MOOD_RELEASE:+-$MOOD_RELEASE}"
}

# Whether the build in the directory was set up there, and from this checkout: one that was copied
# or moved leads elsewhere.
is_build_of_checkout() {
  local information=$1/meson-info/meson-info.json

  [[ -f $1/build.ninja ]] &&
    grep -qF "\"source\": \"$checkout\"" "$information" &&
    grep -qF "\"build\": \"$(realpath "$1")\"" "$information"
}

# Writes the build's files in the directory, or brings them up to date. What another place, another
# version of a tool or an interrupted run left there may be of no use: then it is made anew.
configure_build() {
  local directory=$1
  shift

  if is_build_of_checkout "$directory" &&
    { (($# == 0)) || meson configure "$directory" "$@"; } &&
    ninja -C "$directory" build.ninja; then
    return 0
  fi

  if [[ -d $directory/meson-private ]]; then
    rm -rf "$directory"
  fi
  meson setup "$directory" "$checkout" "$@"
}

# setup_build DIRECTORY [MESON_ARGUMENT...]
#
# Sees that the build directory is there, and compiles. What the tools say is shown if they fail.
setup_build() {
  local directory=$1
  local output

  say "Building libmood in $directory (seconds, if it is for the first time)"
  if ! output=$({ configure_build "$@" && ninja -C "$directory"; } 2>&1); then
    printf '%s\n' "$output" >&2
    say "Building libmood in $directory failed"
    return 1
  fi
}
