#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "exporters/held_list.h"
#include "exporters/update_header.h"
#include "policy/release.h"
#include "policy/result.h"
#include "policy/time.h"
#include "sekisho/v1/enforcement.pb.h"

namespace exporters {

// A whole update, checked against its signed header: `held.list` has the digest and the count that
// the agent signed.
struct Update {
  std::string nonce;
  Header header;
  HeldList held;  // what is held once it was applied
};

// What a message led to.
struct Refused {
  std::string nonce;
  policy::Error error;
};

// Puts the messages of one stream together into updates (docs/protocol.md). Does no I/O; not
// thread-safe.
//
// It trusts nothing: the header's signature and order are checked before any line is kept, lines
// are kept only up to `size_max` bytes, and of an update that was refused nothing is kept at all.
class Assembler {
 public:
  // `list_key`: the agent's Ed25519 public key, 32 bytes.
  Assembler(std::string list_key, std::size_t size_max)
      : list_key_(std::move(list_key)), size_max_(size_max) {}

  // Takes the next message of the stream. `held` is what the exporter holds now, null for nothing.
  // Gives nothing while the update is incomplete; then, once, the update or why it is refused.
  std::optional<tl::expected<Update, Refused>> Add(const sekisho::v1::AgentMessage& message,
                                                   const HeldList* held, policy::TimePoint now);

  // Forgets an incomplete update: for a new stream.
  void Reset();

 private:
  policy::Result<void> Start(const sekisho::v1::AgentMessage& message, const HeldList* held,
                             policy::TimePoint now);
  void Forget();  // the lines kept
  policy::Result<void> Keep(const sekisho::v1::AgentMessage& message);
  policy::Result<void> KeepTerms(const sekisho::v1::AgentMessage& message);
  policy::Result<HeldList> Finish(const HeldList* held);

  std::string list_key_;
  std::size_t size_max_;

  std::string nonce_;  // of the update that is incomplete; empty for none
  Header header_;
  std::size_t base_size_ = 0;  // bytes of the list that a delta is for
  std::string added_;
  std::string removed_;
  std::string retermed_;
  policy::PackedTerms terms_;           // of the lines of added_
  policy::PackedTerms new_terms_;       // of the lines of retermed_
  std::optional<policy::Error> error_;  // why the update will be refused
};

}  // namespace exporters
