#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "agent/history/merkle.h"
#include "platform/tls.h"
#include "policy/result.h"

namespace agent::history {

using policy::Result;

// What the log vouches for: its first `size` entries have this root. Written as a C2SP
// tlog-checkpoint (https://c2sp.org/tlog-checkpoint) within a signed note
// (https://c2sp.org/signed-note):
//
//   <origin>
//   <size>
//   <base64 of the root>
//   <empty line>
//   — <key name> <base64 of key id || signature>
struct Checkpoint {
  std::string origin;
  std::uint64_t size;
  Hash root;
};

// An Ed25519 public key and the name under which it signs.
class VerifierKey {
 public:
  // The name of a key must be there, without blanks and "+"; ours is the log's origin.
  static Result<VerifierKey> From(std::string name, std::string public_key);
  // "<name>+<key id in hex>+<base64 of 0x01 || key>", the text of C2SP's signed-note.
  static Result<VerifierKey> Parse(std::string_view text);

  std::string ToText() const;
  const std::string& name() const { return name_; }
  const std::string& public_key() const { return public_key_; }
  // First four bytes of SHA-256(name || 0x0A || 0x01 || key).
  const std::string& id() const { return id_; }

 private:
  VerifierKey(std::string name, std::string public_key);
  std::string name_;
  std::string public_key_;
  std::string id_;
};

// Signs under the name of the checkpoint's origin.
Result<std::string> SignCheckpoint(const Checkpoint& checkpoint, const platform::SigningKey& key);

// Takes a note that at least one of `keys` has signed. Signatures by other keys are ignored, as
// witnesses may add them; a wrong one by a key of ours voids the note. `malformed_input` for what
// is no checkpoint, `unauthenticated` where no signature of ours is good.
Result<Checkpoint> OpenCheckpoint(std::string_view note, std::span<const VerifierKey> keys);

}  // namespace agent::history
