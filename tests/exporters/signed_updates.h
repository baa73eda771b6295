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
#include "tests/exporters/exporter_test.h"

namespace exporters::testing {

using Snapshot = ListPtr;

inline const policy::TimePoint now = policy::ParseTime("2026-11-24T10:00:00Z").value();

// Of lines with their terms.
inline Snapshot TermedListOf(std::vector<policy::TermedLine> lines) {
  return policy::ListSnapshot::FromTermed(std::move(lines));
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
    header.set_terms_digest(proto::ToBytes(list->id().terms));
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
    AddTerms(list->all_terms(), message);
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
    message.set_retermed(TextOfLines(delta.retermed));
    AddTerms(delta.terms, message);
    AddTerms(delta.new_terms, message);
    message.set_last(true);
    return message;
  }

 private:
  static void AddTerms(const policy::PackedTerms& terms, sekisho::v1::AgentMessage& message) {
    for (std::size_t i = 0; i < terms.size(); ++i) {
      message.add_line_expires(terms.expires(i));
      message.mutable_line_risk()->push_back(static_cast<char>(terms.risk(i)));
    }
  }

  platform::SigningKey key_ = platform::SigningKey::Generate().value();
};

inline HeldList Held(std::uint64_t release, const Snapshot& list) {
  return {"resolvers", release, now + std::chrono::seconds(release), now + std::chrono::hours(24),
          list};
}

}  // namespace exporters::testing
