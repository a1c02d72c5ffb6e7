# SPDX-License-Identifier: LGPL-2.1-or-later

# In the place of pygobject-stubs: of what is not libmood's, as much as the stub of Mood and the
# examples use.

def require_version(namespace: str, version: str) -> None: ...
