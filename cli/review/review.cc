#include "cli/review/review.h"

#include <algorithm>
#include <iterator>

#include "cli/cells.h"
#include "cli/terminal_text.h"

namespace cli::review {
namespace {

constexpr std::size_t page_size = 200;
constexpr std::size_t page_max = 10'000;  // api.proto
constexpr std::size_t read_ahead = 100;   // rows below the current one
constexpr std::ptrdiff_t screenful = 10;
constexpr std::size_t claimed_max = 200;  // api.proto

Text DoneText(Verdict verdict) {
  switch (verdict) {
    case v1::DecideRequest::VERDICT_REJECT: return Text::review_rejected;
    case v1::DecideRequest::VERDICT_DEFER: return Text::review_deferred;
    default: return Text::review_approved;
  }
}

// The last character of UTF-8.
void Chop(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

bool IsBlank(const std::string& text) {
  return text.find_first_not_of(" \t") == text.npos;
}

}  // namespace

Review::Review(const Printer& printer, std::string filter)
    : printer_(printer), filter_(std::move(filter)) {}

void Review::Press(const Key& key, TimePoint now) {
  if (is_leaving_) return;
  pressed_at_ = now;
  notice_.clear();
  switch (mode_) {
    case Mode::list: return PressInList(key, now);
    case Mode::evidence: return PressInEvidence(key);
    case Mode::help: mode_ = Mode::list; return;
    case Mode::reason:
    case Mode::confirm:
    case Mode::filter: return PressInPrompt(key, now);
  }
}

void Review::PressInList(const Key& key, TimePoint now) {
  switch (key.kind) {
    case Key::Kind::up: return Move(-1);
    case Key::Kind::down: return Move(1);
    case Key::Kind::page_up: return Move(-screenful);
    case Key::Kind::page_down: return Move(screenful);
    case Key::Kind::home: return Move(-static_cast<std::ptrdiff_t>(current_));
    case Key::Kind::end: return Move(static_cast<std::ptrdiff_t>(rows_.size()));
    case Key::Kind::escape: marks_.clear(); return;
    case Key::Kind::enter:
      if (!rows_.empty()) mode_ = Mode::evidence;
      scrolled_ = 0;
      return;
    case Key::Kind::character: return PressCharacter(key.character, now);
    case Key::Kind::backspace:
    case Key::Kind::clear: return;
  }
}

void Review::PressCharacter(char32_t character, TimePoint now) {
  switch (character) {
    case U'j': return Move(1);
    case U'k': return Move(-1);
    case U'x': return Mark();
    case U'a': return Begin(v1::DecideRequest::VERDICT_APPROVE);
    case U'r': return Begin(v1::DecideRequest::VERDICT_REJECT);
    case U'd': return Begin(v1::DecideRequest::VERDICT_DEFER);
    case U'.': return Again(now);
    case U'u': return Undo();
    case U'/':
      mode_ = Mode::filter;
      input_ = filter_;
      return;
    case U'?': mode_ = Mode::help; return;
    case U'q': is_leaving_ = true; return;
    default: notice_ = printer_.Word(Text::review_hint);
  }
}

void Review::PressInEvidence(const Key& key) {
  const bool is_character = key.kind == Key::Kind::character;
  if (key.kind == Key::Kind::down || (is_character && key.character == U'j')) {
    ++scrolled_;
  } else if (key.kind == Key::Kind::up || (is_character && key.character == U'k')) {
    if (scrolled_ > 0) --scrolled_;
  } else {
    mode_ = Mode::list;
  }
}

void Review::PressInPrompt(const Key& key, TimePoint now) {
  switch (key.kind) {
    case Key::Kind::character: AppendUtf8(key.character, input_); return;
    case Key::Kind::backspace: Chop(input_); return;
    case Key::Kind::clear: input_.clear(); return;
    case Key::Kind::up: return Choose(-1);
    case Key::Kind::down: return Choose(1);
    case Key::Kind::escape:
      mode_ = Mode::list;
      notice_ = printer_.Word(Text::review_nothing_done);
      return;
    case Key::Kind::enter: return Enter(now);
    default: return;
  }
}

void Review::Enter(TimePoint now) {
  if (mode_ == Mode::filter) {
    filter_ = input_;
    mode_ = Mode::list;
    current_ = 0;
    marks_.clear();
    return Reload();
  }
  if (mode_ == Mode::reason) {
    if (IsBlank(input_)) {
      notice_ = printer_.Word(Text::review_reason_blank);
      return;
    }
    draft_.reason = std::exchange(input_, "");
    return CommitOrAsk(now);
  }
  if (input_ == std::to_string(draft_.proposals.size())) return Commit(now);
  mode_ = Mode::list;
  notice_ = printer_.Word(Text::not_confirmed);
}

void Review::Move(std::ptrdiff_t by) {
  const auto last = static_cast<std::ptrdiff_t>(rows_.size()) - 1;
  const auto to = std::clamp(static_cast<std::ptrdiff_t>(current_) + by, std::ptrdiff_t{0},
                             std::max(last, std::ptrdiff_t{0}));
  current_ = static_cast<std::size_t>(to);
}

void Review::Mark() {
  if (rows_.empty()) return;
  const v1::Proposal& row = rows_[current_];
  if (marks_.erase(row.id()) == 0) marks_[row.id()] = row.digest();
  Move(1);
}

std::vector<v1::Proposal> Review::Selected() const {
  std::vector<v1::Proposal> selected;
  if (marks_.empty()) {
    if (!rows_.empty()) selected.push_back(rows_[current_]);
    return selected;
  }
  std::copy_if(rows_.begin(), rows_.end(), std::back_inserter(selected),
               [&](const v1::Proposal& row) { return is_marked(row.id()); });
  return selected;
}

void Review::Begin(Verdict verdict) {
  draft_ = {.verdict = verdict, .proposals = Selected()};
  if (draft_.proposals.empty()) return;
  mode_ = Mode::reason;
  input_ = last_reasons_[verdict];
  chosen_ = 0;
}

void Review::Again(TimePoint now) {
  if (!last_) {
    notice_ = printer_.Word(Text::review_nothing_yet);
    return;
  }
  draft_ = {.verdict = last_->first, .reason = last_->second, .proposals = Selected()};
  if (draft_.proposals.empty()) return;
  CommitOrAsk(now);
}

// What another is at, or several: only once the number is typed.
void Review::CommitOrAsk(TimePoint now) {
  const auto taken =
      std::find_if(draft_.proposals.begin(), draft_.proposals.end(),
                   [&](const v1::Proposal& one) { return !OwnerOf(one.id()).empty(); });
  const bool is_taken = taken != draft_.proposals.end();
  if (draft_.proposals.size() == 1 && !is_taken) return Commit(now);
  if (is_taken) notice_ = printer_.Word(Text::claimed, OwnerOf(taken->id()), taken->id());
  mode_ = Mode::confirm;
  input_.clear();
}

void Review::Commit(TimePoint now) {
  mode_ = Mode::list;
  marks_.clear();
  last_ = {draft_.verdict, draft_.reason};
  last_reasons_[draft_.verdict] = draft_.reason;
  draft_.due = now + undo_window;
  const std::int64_t first = draft_.proposals.front().id();
  const auto at = std::find_if(rows_.begin(), rows_.end(),
                               [&](const v1::Proposal& row) { return row.id() == first; });
  draft_.place = static_cast<std::size_t>(at - rows_.begin());
  notice_ = printer_.Word(DoneText(draft_.verdict), draft_.proposals.size(),
                          IndicatorCell(draft_.proposals.front().indicator()));
  total_ -= std::min<std::uint64_t>(total_, draft_.proposals.size());
  outbox_.push_back(std::exchange(draft_, {}));
  std::erase_if(rows_, [&](const v1::Proposal& row) { return IsHidden(row.id()); });
  Move(0);
}

void Review::Undo() {
  if (outbox_.empty()) {
    notice_ = printer_.Word(Text::review_nothing_to_undo);
    return;
  }
  Decision back = std::move(outbox_.back());
  outbox_.pop_back();
  total_ += back.proposals.size();
  current_ = std::min(back.place, rows_.size());
  rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(current_),
               std::make_move_iterator(back.proposals.begin()),
               std::make_move_iterator(back.proposals.end()));
  notice_ = printer_.Word(Text::review_undone);
}

std::vector<std::string> Review::ReadyReasons() const {
  const auto words = [&](std::initializer_list<Text> texts) {
    std::vector<std::string> ready;
    for (const Text text : texts) ready.push_back(printer_.Word(text));
    return ready;
  };
  switch (draft_.verdict) {
    case v1::DecideRequest::VERDICT_REJECT:
      return words({Text::ready_false_positive, Text::ready_shared_host, Text::ready_business});
    case v1::DecideRequest::VERDICT_DEFER: return words({Text::ready_asked, Text::ready_watch});
    default: return words({Text::ready_sources, Text::ready_seen, Text::ready_ticket});
  }
}

void Review::Choose(int step) {
  if (mode_ != Mode::reason) return;
  const auto ready = ReadyReasons();
  chosen_ = (chosen_ + (step > 0 ? 1 : ready.size())) % (ready.size() + 1);
  input_ = chosen_ == 0 ? last_reasons_[draft_.verdict] : ready[chosen_ - 1];
}

void Review::Reload() {
  must_reload_ = true;
}

bool Review::IsHidden(std::int64_t id) const {
  if (in_flight_.contains(id)) return true;
  return std::any_of(outbox_.begin(), outbox_.end(), [&](const Decision& decision) {
    return std::any_of(decision.proposals.begin(), decision.proposals.end(),
                       [&](const v1::Proposal& one) { return one.id() == id; });
  });
}

std::optional<v1::ListProposalsRequest> Review::WantedPage() {
  if (is_asking_ || is_leaving_) return std::nullopt;
  v1::ListProposalsRequest request;
  request.set_filter(filter_);
  if (must_reload_) {
    // As much as was there, so that nobody loses their place.
    const std::size_t limit = std::clamp(current_ + 2 * read_ahead, page_size, page_max);
    request.set_limit(static_cast<std::uint32_t>(limit));
  } else if (!next_page_.empty() && current_ + read_ahead >= rows_.size()) {
    request.set_limit(page_size);
    request.set_page_token(next_page_);
  } else {
    return std::nullopt;
  }
  is_asking_ = true;
  asks_for_first_ = std::exchange(must_reload_, false);
  return request;
}

void Review::Took(const policy::Result<v1::ListProposalsResponse>& page) {
  is_asking_ = false;
  if (must_reload_) return;  // it answers an older question
  if (!page) {
    notice_ = page.error().detail;
    next_page_.clear();
    return;
  }
  const std::int64_t here = rows_.empty() ? 0 : rows_[current_].id();
  if (asks_for_first_) rows_.clear();
  std::uint64_t hidden = 0;
  for (const v1::Proposal& row : page->proposals()) {
    if (IsHidden(row.id())) {
      ++hidden;
    } else {
      rows_.push_back(row);
    }
  }
  next_page_ = page->next_page_token();
  if (asks_for_first_) total_ = page->total() - std::min(page->total(), hidden);
  const auto found = std::find_if(rows_.begin(), rows_.end(),
                                  [&](const v1::Proposal& row) { return row.id() == here; });
  if (found != rows_.end()) current_ = static_cast<std::size_t>(found - rows_.begin());
  Move(0);
  // A mark holds for what was seen when it was set.
  std::map<std::int64_t, std::string> kept;
  for (const v1::Proposal& row : rows_) {
    const auto mark = marks_.find(row.id());
    if (mark != marks_.end() && mark->second == row.digest()) kept.insert(*mark);
  }
  marks_ = std::move(kept);
}

std::vector<Decision> Review::TakeDue(TimePoint now) {
  std::vector<Decision> due;
  while (!outbox_.empty() && (is_leaving_ || outbox_.front().due <= now)) {
    for (const v1::Proposal& one : outbox_.front().proposals) in_flight_.insert(one.id());
    due.push_back(std::move(outbox_.front()));
    outbox_.pop_front();
  }
  return due;
}

void Review::Settled(const Decision& decision, const policy::Result<v1::DecideResponse>& answer) {
  for (const v1::Proposal& one : decision.proposals) in_flight_.erase(one.id());
  const std::string first = IndicatorCell(decision.proposals.front().indicator());
  if (!answer) {
    tally_.refused += decision.proposals.size();
    notice_ = first + ": " + answer.error().detail;
    return Reload();
  }
  switch (decision.verdict) {
    case v1::DecideRequest::VERDICT_REJECT: tally_.rejected += answer->decided(); break;
    case v1::DecideRequest::VERDICT_DEFER: tally_.deferred += answer->decided(); break;
    default: tally_.approved += answer->decided();
  }
  tally_.awaiting += answer->awaiting();
  tally_.refused += static_cast<std::uint64_t>(answer->refused_size());
  if (answer->refused_size() > 0) {
    const v1::Refusal& refusal = answer->refused(0);
    notice_ = IndicatorCell(refusal.indicator()) + ": " + refusal.reason();
    Reload();
  } else if (answer->awaiting() > 0) {
    notice_ = first + ": " + printer_.Word(Text::review_awaiting);
  }
}

std::optional<v1::ClaimRequest> Review::WantedClaim(TimePoint now) {
  std::set<std::int64_t> ids;
  if (!rows_.empty()) ids.insert(rows_[current_].id());
  for (const auto& [id, digest] : marks_) {
    if (ids.size() < claimed_max) ids.insert(id);
  }
  if (ids != here_) {
    here_ = std::move(ids);
    here_since_ = now;
  }
  if (!may_claim_ || now - here_since_ < claim_after) return std::nullopt;
  const bool must_repeat = now - claimed_at_ >= claim_again_after && pressed_at_ > claimed_at_;
  if (here_ == claimed_ && !must_repeat) return std::nullopt;
  claimed_ = here_;
  claimed_at_ = now;
  v1::ClaimRequest request;
  request.mutable_ids()->Add(here_.begin(), here_.end());
  return request;
}

// Who may not decide has nothing to claim; whatever else is wrong shows elsewhere.
void Review::Claimed(const policy::Result<v1::ClaimResponse>& answer) {
  if (answer || answer.error().code != policy::ErrorCode::not_allowed) return;
  may_claim_ = false;
  claimed_.clear();
}

v1::WatchRequest Review::WatchRequest() const {
  v1::WatchRequest request;
  request.set_filter(filter_);
  if (const v1::Proposal* row = current_row()) request.set_id(row->id());
  request.set_claims_version(claims_version_);
  return request;
}

void Review::Watched(const v1::WatchResponse& answer) {
  others_.assign(answer.others().begin(), answer.others().end());
  if (answer.claims().is_all()) owners_.clear();
  for (const v1::Claim& claim : answer.claims().claims()) owners_[claim.id()] = claim.name();
  for (const std::int64_t id : answer.claims().ended()) owners_.erase(id);
  claims_version_ = answer.claims().version();
  if (revision_ && *revision_ != answer.revision()) Reload();
  revision_ = answer.revision();
}

std::string Review::OwnerOf(std::int64_t id) const {
  const auto owner = owners_.find(id);
  return owner == owners_.end() ? "" : owner->second;
}

std::string Review::OthersAt(std::int64_t id) const {
  std::string names;
  for (const v1::Presence& one : others_) {
    if (one.id() == id) names += (names.empty() ? "" : ", ") + one.name();
  }
  return names;
}

}  // namespace cli::review
