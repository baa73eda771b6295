#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "exporters/held_list.h"
#include "platform/tls.h"
#include "policy/release.h"
#include "policy/time.h"
#include "proto/convert.h"
#include "sekisho/v1/enforcement.pb.h"

namespace exporters::testing {

using Snapshot = std::shared_ptr<const policy::ListSnapshot>;

inline const policy::TimePoint now = policy::ParseTime("2026-11-24T10:00:00Z").value();

inline Snapshot ListOf(std::vector<std::string> lines) {
  return policy::ListSnapshot::FromLines(std::move(lines));
}

inline std::string TextOfLines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) (text += line) += '\n';
  return text;
}

// Makes updates as an agent does, and as one with a stolen certificate might.
class Signer {
 public:
  const std::string& public_key() const { return key_.public_key(); }

  sekisho::v1::UpdateHeader Header(std::uint64_t release, const Snapshot& list,
                                   const Snapshot& base = nullptr) const {
    sekisho::v1::UpdateHeader header;
    header.set_list("resolvers");
    header.set_release(release);
    header.set_digest(proto::ToBytes(list->digest()));
    header.set_count(list->size());
    if (base) header.set_base_digest(proto::ToBytes(base->digest()));
    *header.mutable_issued() = proto::ToTimestamp(now + std::chrono::seconds(release));
    *header.mutable_expires() = proto::ToTimestamp(now + std::chrono::hours(24));
    return Signed(header);
  }

  sekisho::v1::UpdateHeader Signed(sekisho::v1::UpdateHeader header) const {
    header.set_signature(key_.Sign(proto::SignedTextOf(header)).value());
    return header;
  }

  // The whole list in one message.
  sekisho::v1::AgentMessage WholeList(const std::string& nonce, std::uint64_t release,
                                      const Snapshot& list) const {
    sekisho::v1::AgentMessage message;
    message.set_nonce(nonce);
    *message.mutable_header() = Header(release, list);
    message.set_added(list->text());
    message.set_last(true);
    return message;
  }

  sekisho::v1::AgentMessage Change(const std::string& nonce, std::uint64_t release,
                                   const Snapshot& base, const Snapshot& list) const {
    const policy::Delta delta = policy::Difference(*base, *list);
    sekisho::v1::AgentMessage message;
    message.set_nonce(nonce);
    *message.mutable_header() = Header(release, list, base);
    message.set_added(TextOfLines(delta.added));
    message.set_removed(TextOfLines(delta.removed));
    message.set_last(true);
    return message;
  }

 private:
  platform::SigningKey key_ = platform::SigningKey::Generate().value();
};

inline HeldList Held(std::uint64_t release, const Snapshot& list) {
  return {"resolvers", release, now + std::chrono::seconds(release), now + std::chrono::hours(24),
          list};
}

}  // namespace exporters::testing
