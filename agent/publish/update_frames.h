#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "agent/publish/publication.h"
#include "platform/tls.h"
#include "policy/result.h"
#include "policy/time.h"
#include "sekisho/v1/enforcement.pb.h"

namespace agent::publish {

// The messages of one update, made one by one as the stream takes them, so that a slow device
// costs no memory (docs/protocol.md).
class UpdateFrames {
 public:
  // Signs the header with the list key. `base` is the digest of the lines that the receiver holds;
  // it counts only when the update has a delta.
  static policy::Result<UpdateFrames> Make(const std::string& list, Update update,
                                           const policy::Sha256& base, std::string nonce,
                                           policy::TimePoint issued,
                                           const platform::SigningKey& key);

  // None after the one marked `last`.
  std::optional<sekisho::v1::AgentMessage> Next();

  const std::string& nonce() const { return nonce_; }
  const Update& update() const { return update_; }

 private:
  UpdateFrames(Update update, std::string nonce, sekisho::v1::UpdateHeader header)
      : update_(std::move(update)), nonce_(std::move(nonce)), header_(std::move(header)) {}
  void FillFromList(sekisho::v1::AgentMessage& message);
  void FillFromDelta(sekisho::v1::AgentMessage& message);

  Update update_;
  std::string nonce_;
  std::optional<sekisho::v1::UpdateHeader> header_;  // until the first frame took it
  std::size_t text_at_ = 0;                          // of a snapshot's text
  std::size_t line_at_ = 0;                          // its line there
  std::size_t added_at_ = 0;
  std::size_t removed_at_ = 0;
  std::size_t retermed_at_ = 0;
  bool is_done_ = false;
};

}  // namespace agent::publish
