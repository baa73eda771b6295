#include "exporters/assembler.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace exporters {
namespace {

using policy::Delta;
using policy::Error;
using policy::ErrorCode;
using policy::Fail;
using policy::ListSnapshot;
using policy::Result;

constexpr std::size_t nonce_size_max = 64;

std::vector<std::string> LinesOf(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::size_t LinesIn(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

bool EndsALine(std::string_view chunk) {
  return chunk.empty() || chunk.back() == '\n';
}

// The words of docs/protocol.md in front of what policy says of a text.
Error Malformed(const Error& error) {
  return {error.code, "malformed: " + error.detail};
}

}  // namespace

void Assembler::Reset() {
  nonce_.clear();
  Forget();
  error_.reset();
}

void Assembler::Forget() {
  added_ = std::string();
  removed_ = std::string();
  retermed_ = std::string();
  terms_ = {};
  new_terms_ = {};
}

std::optional<tl::expected<Update, Refused>> Assembler::Add(
    const sekisho::v1::AgentMessage& message, const HeldList* held, policy::TimePoint now) {
  if (message.nonce().empty() || message.nonce() != nonce_) {
    Reset();
    nonce_ = message.nonce().substr(0, nonce_size_max);
    if (auto ok = Start(message, held, now); !ok) error_ = std::move(ok.error());
  } else if (message.has_header()) {
    error_ = Error{ErrorCode::malformed_input, "malformed: a second header in one update"};
  }
  if (!error_) {
    if (auto ok = Keep(message); !ok) error_ = std::move(ok.error());
  }
  if (error_) Forget();
  if (!message.last()) return std::nullopt;

  const std::string nonce = nonce_;
  Result<HeldList> list = error_ ? Result<HeldList>(tl::unexpected(*error_)) : Finish(held);
  Reset();
  if (!list) return tl::unexpected(Refused{nonce, std::move(list.error())});
  return Update{nonce, header_, std::move(*list)};
}

Result<void> Assembler::Start(const sekisho::v1::AgentMessage& message, const HeldList* held,
                              policy::TimePoint now) {
  if (message.nonce().empty() || message.nonce().size() > nonce_size_max) {
    return Fail(ErrorCode::malformed_input, "malformed: a nonce has 1 to 64 bytes");
  }
  if (!message.has_header()) {
    return Fail(ErrorCode::malformed_input, "malformed: an update starts with a header");
  }
  auto header = ReadHeader(message.header(), list_key_);
  if (!header) return tl::unexpected(std::move(header.error()));
  header_ = std::move(*header);
  if (auto ok = CheckOrder(header_, held, now); !ok) return ok;
  base_size_ = header_.base ? held->list->text().size() : 0;
  return {};
}

Result<void> Assembler::Keep(const sekisho::v1::AgentMessage& message) {
  if (!EndsALine(message.added()) || !EndsALine(message.removed()) ||
      !EndsALine(message.retermed())) {
    return Fail(ErrorCode::malformed_input, "malformed: a message ends within a line");
  }
  if (!header_.base && (!message.removed().empty() || !message.retermed().empty())) {
    return Fail(ErrorCode::malformed_input, "malformed: a snapshot removes or changes lines");
  }
  const std::size_t room = size_max_ - std::min(size_max_, base_size_);
  const std::size_t kept = added_.size() + removed_.size() + retermed_.size();
  const std::size_t more =
      message.added().size() + message.removed().size() + message.retermed().size();
  if (kept + more > room) {
    return Fail(ErrorCode::exhausted,
                "too large: more than " + std::to_string(size_max_) +
                    " bytes; divide the list, or raise update_size_max in the exporter's settings");
  }
  added_ += message.added();
  removed_ += message.removed();
  retermed_ += message.retermed();
  return KeepTerms(message);
}

// As many as lines, or none for a list that has none.
Result<void> Assembler::KeepTerms(const sekisho::v1::AgentMessage& message) {
  const std::size_t added = LinesIn(message.added());
  const std::size_t all = added + LinesIn(message.retermed());
  const auto given = static_cast<std::size_t>(message.line_expires_size());
  const std::string& risk = message.line_risk();
  if (given == 0 && risk.empty()) return {};
  if (given != all || risk.size() != all) {
    return Fail(ErrorCode::malformed_input, "malformed: not as many terms as lines");
  }
  for (std::size_t i = 0; i < all; ++i) {
    const auto its_risk = static_cast<std::uint8_t>(risk[i]);
    if (its_risk > policy::risk_max) {
      return Fail(ErrorCode::malformed_input, "malformed: a risk above 100");
    }
    (i < added ? terms_ : new_terms_).Add({message.line_expires(static_cast<int>(i)), its_risk});
  }
  return {};
}

Result<HeldList> Assembler::Finish(const HeldList* held) {
  const bool is_delta = header_.base.has_value();
  if (is_delta && (held == nullptr || held->list->digest() != *header_.base)) {
    return Fail(ErrorCode::conflict, "base mismatch: the list held has changed meanwhile");
  }
  auto list = is_delta
                  ? held->list->Apply(Delta{LinesOf(added_), LinesOf(removed_), std::move(terms_),
                                            LinesOf(retermed_), std::move(new_terms_)})
                  : ListSnapshot::Parse(std::move(added_), std::move(terms_));
  if (!list) return tl::unexpected(Malformed(list.error()));
  if ((*list)->size() != header_.count) {
    return Fail(ErrorCode::malformed_input,
                "wrong count: " + std::to_string((*list)->size()) + " lines came out, and " +
                    std::to_string(header_.count) + " are in the header");
  }
  if ((*list)->digest() != header_.digest) {
    return Fail(ErrorCode::malformed_input,
                "wrong digest: the lines have " + policy::ToHex((*list)->digest()) +
                    ", and the header " + policy::ToHex(header_.digest));
  }
  if ((*list)->id().terms != header_.terms) {
    // A delta for the same lines on other terms: a snapshot mends that.
    return Fail(ErrorCode::malformed_input,
                is_delta ? "base mismatch: the lines held have other terms"
                         : "wrong terms: they have not the digest that is in the header");
  }
  return HeldList{header_.list, header_.release, header_.issued, header_.expires, *list};
}

}  // namespace exporters
