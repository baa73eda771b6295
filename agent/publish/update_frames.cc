#include "agent/publish/update_frames.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "proto/convert.h"

namespace agent::publish {
namespace {

// docs/protocol.md asks for less than 1 MiB.
constexpr std::size_t frame_size_max = 512 * 1024;  // of lines; their terms come on top

// How long an update may be on its way before an exporter must not take it any more.
constexpr std::chrono::hours update_lifetime{24};

// Appends whole lines from `at` on while they fit, at least one. Returns what is left of `room`.
std::size_t AppendLines(const std::vector<std::string>& lines, std::size_t& at, std::size_t room,
                        std::string& out) {
  while (at < lines.size()) {
    const std::size_t size = lines[at].size() + 1;
    if (size > room && !out.empty()) return 0;
    out += lines[at++];
    out += '\n';
    room -= std::min(room, size);
  }
  return room;
}

void AppendTerms(const policy::PackedTerms& terms, std::size_t begin, std::size_t end,
                 sekisho::v1::AgentMessage& message) {
  if (terms.empty()) return;
  for (std::size_t i = begin; i < end; ++i) {
    message.add_line_expires(terms.expires(i));
    message.mutable_line_risk()->push_back(static_cast<char>(terms.risk(i)));
  }
}

}  // namespace

policy::Result<UpdateFrames> UpdateFrames::Make(const std::string& list, Update update,
                                                const policy::Sha256& base, std::string nonce,
                                                policy::TimePoint issued,
                                                const platform::SigningKey& key) {
  sekisho::v1::UpdateHeader header;
  header.set_list(list);
  header.set_release(update.release);
  header.set_digest(proto::ToBytes(update.list->digest()));
  header.set_terms_digest(proto::ToBytes(update.list->id().terms));
  header.set_count(update.list->size());
  if (update.delta) header.set_base_digest(proto::ToBytes(base));
  *header.mutable_issued() = proto::ToTimestamp(issued);
  *header.mutable_expires() = proto::ToTimestamp(issued + update_lifetime);
  auto signature = key.Sign(proto::SignedTextOf(header));
  if (!signature) return tl::unexpected(signature.error());
  header.set_signature(std::move(*signature));
  return UpdateFrames(std::move(update), std::move(nonce), std::move(header));
}

std::optional<sekisho::v1::AgentMessage> UpdateFrames::Next() {
  if (is_done_) return std::nullopt;
  sekisho::v1::AgentMessage message;
  message.set_nonce(nonce_);
  if (header_) {
    *message.mutable_header() = std::move(*header_);
    header_.reset();
  }
  if (update_.delta) {
    FillFromDelta(message);
  } else {
    FillFromList(message);
  }
  message.set_last(is_done_);
  return message;
}

void UpdateFrames::FillFromList(sekisho::v1::AgentMessage& message) {
  const std::string& text = update_.list->text();
  std::size_t end = std::min(text_at_ + frame_size_max, text.size());
  // Frames hold whole lines; a line is far shorter than a frame.
  if (end < text.size()) end = text.rfind('\n', end - 1) + 1;
  message.set_added(text.substr(text_at_, end - text_at_));
  const std::size_t line_end =
      line_at_ +
      static_cast<std::size_t>(std::count(message.added().begin(), message.added().end(), '\n'));
  AppendTerms(update_.list->all_terms(), line_at_, line_end, message);
  text_at_ = end;
  line_at_ = line_end;
  is_done_ = end == text.size();
}

void UpdateFrames::FillFromDelta(sekisho::v1::AgentMessage& message) {
  const policy::Delta& delta = *update_.delta;
  const std::size_t added = added_at_;
  const std::size_t retermed = retermed_at_;
  std::size_t room =
      AppendLines(delta.removed, removed_at_, frame_size_max, *message.mutable_removed());
  if (room > 0) room = AppendLines(delta.added, added_at_, room, *message.mutable_added());
  if (room > 0) AppendLines(delta.retermed, retermed_at_, room, *message.mutable_retermed());
  AppendTerms(delta.terms, added, added_at_, message);
  AppendTerms(delta.new_terms, retermed, retermed_at_, message);
  is_done_ = removed_at_ == delta.removed.size() && added_at_ == delta.added.size() &&
             retermed_at_ == delta.retermed.size();
}

}  // namespace agent::publish
