#pragma once

#include "exporters/exporter.h"
#include "platform/tls.h"
#include "policy/digest.h"
#include "policy/result.h"

namespace exporters::http_list {

// The public key in minisign's form, for `minisign -V -p`.
inline constexpr const char* minisign_key_name = "minisign.pub";

// Adds, for each file of `artifact`, PATH.sig with the 64 bytes of its Ed25519 signature, and
// PATH.minisig with one in minisign's form; and the public key. The same file, list and key give
// the same bytes. `list` is the digest of the whole list, which minisign's trusted comment has, so
// that nobody passes a file of an older list off as this one's.
policy::Result<void> AddSignatures(const platform::SigningKey& key, const policy::Sha256& list,
                                   Artifact& artifact);

}  // namespace exporters::http_list
