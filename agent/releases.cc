#include "agent/releases.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

namespace agent {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using store::Block;
using Json = nlohmann::ordered_json;
using Blocks = std::vector<const Block*>;

constexpr std::string_view revoked = "revoked by ";
constexpr std::string_view allowlisted = "allowlisted: ";

// A departure survives a restart in its words.
Departure DepartureOf(const Block& block) {
  if (block.removed_because.starts_with(revoked)) return Departure::by_person;
  if (block.removed_because.starts_with(allowlisted)) return Departure::by_allowlist;
  return Departure::by_itself;
}

policy::TermedLine TermedLineOf(const Block& block) {
  return {policy::LineOf(block.target), policy::Terms::Of(block.expires_at, block.risk)};
}

// The lines and their terms, sorted.
std::pair<std::vector<std::string>, policy::PackedTerms> Unzip(
    std::vector<policy::TermedLine> lines) {
  std::sort(lines.begin(), lines.end(),
            [](const auto& a, const auto& b) { return a.line < b.line; });
  std::pair<std::vector<std::string>, policy::PackedTerms> unzipped;
  for (policy::TermedLine& each : lines) {
    unzipped.first.push_back(std::move(each.line));
    unzipped.second.Add(each.terms);
  }
  return unzipped;
}

// Releases made before lines had terms recorded no digest of them.
bool IsWhatWasRecorded(const store::ReleaseList& recorded, const policy::ListSnapshot& list) {
  const policy::ListId id = list.id();
  return recorded.digest == id.digest &&
         (recorded.terms == policy::Sha256{} || recorded.terms == id.terms);
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// What a list takes of blocks and of lines of the allowlist, which have no end.
std::vector<policy::TermedLine> LinesFor(const ListSettings& list, const Blocks& blocks,
                                         const std::vector<std::string>& allowed) {
  std::vector<policy::TermedLine> lines;
  for (const Block* block : blocks) {
    if (CarriesBlock(list, block->target)) lines.push_back(TermedLineOf(*block));
  }
  for (const std::string& line : allowed) {
    if (CarriesAllowed(list, line)) lines.push_back({line, {}});
  }
  return lines;
}

std::string DetailOf(const store::Release& release) {
  Json lists = Json::array();
  for (const store::ReleaseList& list : release.lists) {
    lists.push_back({{"list", list.list},
                     {"digest", policy::ToHex(list.digest)},
                     {"count", list.count},
                     {"added", list.added},
                     {"removed", list.removed},
                     {"terms", policy::ToHex(list.terms)},
                     {"retermed", list.retermed}});
  }
  return Dump({{"release", release.number}, {"cause", release.cause}, {"lists", lists}});
}

}  // namespace

bool CarriesBlock(const ListSettings& list, const policy::Indicator& target) {
  return list.content == ListContent::blocks &&
         std::find(list.kinds.begin(), list.kinds.end(), policy::KindOf(target)) !=
             list.kinds.end();
}

bool CarriesAllowed(const ListSettings& list, std::string_view line) {
  const std::string_view kind = line.substr(0, line.find(' '));
  return list.content == ListContent::allowlist &&
         std::any_of(list.kinds.begin(), list.kinds.end(),
                     [kind](policy::IndicatorKind each) { return policy::Name(each) == kind; });
}

void Releases::SetAllowed(std::shared_ptr<const policy::ListSnapshot> wanted) {
  if (wanted == allowed_wanted_) return;
  allowed_wanted_ = std::move(wanted);
  CompareAllowed();
}

void Releases::CompareAllowed() {
  allowed_change_ =
      allowed_wanted_ ? policy::Difference(*allowed_, *allowed_wanted_) : policy::Delta{};
}

Result<void> Releases::Load(store::Reader& reader) {
  live_.clear();
  expiries_.clear();
  waiting_.clear();
  at_once_.clear();
  leaving_.clear();
  retermed_.clear();
  draft_.reset();
  bulk_.clear();
  const auto running = reader.RunningBulk();
  if (!running) return tl::unexpected(running.error());
  for (const store::BulkDecision& bulk : *running) BeginBulk(bulk.id);
  auto read = reader.ForEachLiveBlock([this](const Block& block) {
    Add(block);
    if (block.added_release) NoLongerWaits(block);
    if (!block.removed_because.empty()) Remove(block, DepartureOf(block));
    return true;
  });
  if (!read) return read;
  auto latest = reader.LatestRelease();
  if (!latest) return tl::unexpected(latest.error());
  return LoadLists(reader, latest->value_or(store::Release{}));
}

Result<void> Releases::LoadLists(store::Reader& reader, const store::Release& latest) {
  number_ = latest.number;
  lists_.clear();
  lists_changed_ = false;
  for (const ListSettings& settings : list_settings_) lists_.push_back({settings, {}});
  std::vector<std::vector<policy::TermedLine>> lines(lists_.size());
  auto read = reader.ForEachBlockAt(number_, [&](const Block& block) {
    for (std::size_t i = 0; i < lists_.size(); ++i) {
      if (CarriesBlock(lists_[i].settings, block.target)) {
        lines[i].push_back(TermedLineOf(block));
      }
    }
    return true;
  });
  if (!read) return read;
  std::vector<std::string> allowed;
  read = reader.ForEachAllowedAt(number_, [&](const std::string& line) {
    for (std::size_t i = 0; i < lists_.size(); ++i) {
      if (CarriesAllowed(lists_[i].settings, line)) lines[i].push_back({line, {}});
    }
    allowed.push_back(line);
    return true;
  });
  if (!read) return read;
  allowed_ = policy::ListSnapshot::FromLines(std::move(allowed));
  CompareAllowed();
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    publish::ListState& state = lists_[i].state;
    state.release = number_;
    state.list = policy::ListSnapshot::FromTermed(std::move(lines[i]));
    const std::string& name = lists_[i].settings.name;
    const auto recorded = std::find_if(latest.lists.begin(), latest.lists.end(),
                                       [&](const auto& list) { return list.list == name; });
    if (recorded == latest.lists.end()) {
      lists_changed_ = true;
    } else if (!IsWhatWasRecorded(*recorded, *state.list)) {
      return Fail(ErrorCode::corrupt,
                  "list \"" + name + "\" is not what release " + std::to_string(number_) +
                      " recorded; nothing was published. If its kinds were changed in the "
                      "configuration, give the list a new name; otherwise restore the store");
    }
  }
  return {};
}

std::vector<std::int64_t> Releases::ExpiredBy(policy::TimePoint now) const {
  std::vector<std::int64_t> ids;
  for (auto it = expiries_.begin(); it != expiries_.end() && it->first <= now; ++it) {
    if (!leaving_.contains(it->second)) ids.push_back(it->second);
  }
  return ids;
}

std::vector<std::int64_t> Releases::WaitingSince(policy::TimePoint then) const {
  std::vector<std::int64_t> ids;
  for (const auto& [id, block] : waiting_) {
    if (block.approved_at < then && !leaving_.contains(id)) ids.push_back(id);
  }
  return ids;
}

void Releases::Add(const Block& block) {
  live_[policy::LineOf(block.target)] = {block.id, block.expires_at, block.manual, false};
  expiries_.emplace(block.expires_at, block.id);
  const auto bulk = bulk_.find(block.bulk);
  (bulk != bulk_.end() ? bulk->second : waiting_).emplace(block.id, block);
}

void Releases::NoLongerWaits(const Block& block) {
  waiting_.erase(block.id);
  if (const auto bulk = bulk_.find(block.bulk); bulk != bulk_.end()) bulk->second.erase(block.id);
}

void Releases::EndBulk(std::int64_t bulk) {
  const auto ended = bulk_.find(bulk);
  if (ended == bulk_.end()) return;
  waiting_.merge(ended->second);
  bulk_.erase(ended);
}

std::optional<std::int64_t> Releases::OldestBulk() const {
  return bulk_.empty() ? std::nullopt : std::optional(bulk_.begin()->first);
}

void Releases::AddAtOnce(const Block& block) {
  Add(block);
  at_once_.insert(block.id);
}

void Releases::ChangeEnd(const Block& block) {
  Live& live = live_.at(policy::LineOf(block.target));
  expiries_.erase({live.expires, block.id});
  live.expires = block.expires_at;
  live.manual = block.manual;
  expiries_.emplace(live.expires, block.id);
  if (block.added_release) {
    retermed_.insert_or_assign(block.id, block);
  } else if (const auto waiting = waiting_.find(block.id); waiting != waiting_.end()) {
    waiting->second = block;
  }
}

bool Releases::IsLapsing(std::int64_t id) const {
  const auto leaving = leaving_.find(id);
  return leaving != leaving_.end() && leaving->second.departure == Departure::by_itself;
}

void Releases::Remove(const Block& block, Departure departure) {
  leaving_.insert_or_assign(block.id, Leaving{block, departure});
  const auto live = live_.find(policy::LineOf(block.target));
  if (live != live_.end() && live->second.id == block.id) live->second.leaving = true;
}

std::size_t Releases::held(const std::string& direction) const {
  return direction == "add" ? waiting_.size() : direction == "remove" ? leaving_.size() : 0;
}

std::optional<std::string> Releases::TooLarge(const Blocks& added, const Blocks& removed) const {
  for (const List& list : lists_) {
    const auto count = [&](const Blocks& blocks) {
      return static_cast<std::size_t>(std::count_if(
          blocks.begin(), blocks.end(),
          [&](const Block* block) { return CarriesBlock(list.settings, block->target); }));
    };
    auto why =
        policy::TooLargeAChange(list.state.list->size(), count(added), count(removed), limits_);
    if (why) return "list \"" + list.settings.name + "\": " + *why;
  }
  return std::nullopt;
}

std::optional<std::string> Releases::TooManyDisallowed() const {
  for (const List& list : lists_) {
    const auto& lines = allowed_change_.removed;
    const auto count = static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(),
        [&](const std::string& line) { return CarriesAllowed(list.settings, line); }));
    auto why = policy::TooLargeAChange(list.state.list->size(), 0, count, limits_);
    if (why) return "list \"" + list.settings.name + "\": " + *why;
  }
  return std::nullopt;
}

Result<bool> Releases::MayPass(store::Transaction& transaction, history::HistoryWriter& history,
                               const std::string& direction, std::size_t count,
                               const std::function<std::optional<std::string>()>& too_large,
                               policy::TimePoint now) {
  if (count == 0 || passing_.contains(direction)) return true;
  auto brakes = transaction.OpenBrakes();
  if (!brakes) return tl::unexpected(brakes.error());
  for (const store::Brake& brake : *brakes) {
    if (brake.direction == direction) return false;
  }
  const auto why = too_large();
  if (!why) return true;
  auto id = transaction.PutBrake({0, now, direction, *why, std::nullopt, ""});
  if (!id) return tl::unexpected(id.error());
  auto recorded = history.Append(
      transaction, now,
      {"agent", "brake.engage", "",
       Dump({{"brake", *id}, {"direction", direction}, {"held", count}, {"reason", *why}})});
  if (!recorded) return tl::unexpected(recorded.error());
  return false;
}

Result<policy::Delta> Releases::AllowedChange(store::Transaction& transaction,
                                              history::HistoryWriter& history,
                                              policy::TimePoint now) {
  auto passes = MayPass(
      transaction, history, "disallow", allowed_change_.removed.size(),
      [this] { return TooManyDisallowed(); }, now);
  if (!passes) return tl::unexpected(passes.error());
  if (*passes) return allowed_change_;
  return policy::Delta{allowed_change_.added, {}};
}

Result<std::optional<store::Release>> Releases::Compose(store::Transaction& transaction,
                                                        history::HistoryWriter& history,
                                                        const std::string& cause,
                                                        policy::TimePoint now) {
  Blocks added;
  Blocks removed;
  Blocks lapsing;  // removals that a brake may hold
  Blocks at_once;
  draft_ = Draft{};
  for (const auto& [id, block] : waiting_) {
    if (!leaving_.contains(id)) (at_once_.contains(id) ? at_once : added).push_back(&block);
  }
  for (auto& [id, leaving] : leaving_) {
    if (!leaving.block.added_release) {
      // It was taken back before any release had it: nothing to tell a device.
      leaving.block.removed_release = number_;
      auto stored = transaction.PutBlock(leaving.block);
      if (!stored) return tl::unexpected(stored.error());
      draft_->removed.push_back(id);
    } else if (leaving.departure == Departure::by_itself) {
      lapsing.push_back(&leaving.block);
    } else {
      removed.push_back(&leaving.block);
    }
  }
  auto add_passes = MayPass(
      transaction, history, "add", added.size(), [&] { return TooLarge(added, {}); }, now);
  if (!add_passes) return tl::unexpected(add_passes.error());
  if (!*add_passes) added.clear();
  added.insert(added.end(), at_once.begin(), at_once.end());
  auto remove_passes = MayPass(
      transaction, history, "remove", lapsing.size(), [&] { return TooLarge({}, lapsing); }, now);
  if (!remove_passes) return tl::unexpected(remove_passes.error());
  if (*remove_passes) removed.insert(removed.end(), lapsing.begin(), lapsing.end());
  auto allowed = AllowedChange(transaction, history, now);
  if (!allowed) return tl::unexpected(allowed.error());
  const Change change{std::move(added), std::move(removed), std::move(*allowed)};

  // The first release may be empty: it tells devices that nothing is to be blocked.
  if (change.empty() && retermed_.empty() && number_ > 0 && !lists_changed_)
    return std::optional<store::Release>();
  auto release = Write(transaction, history, change, cause, now);
  if (!release) return tl::unexpected(release.error());
  return std::optional<store::Release>(std::move(*release));
}

policy::Delta Releases::DeltaOf(const ListSettings& list, const Change& change) const {
  policy::Delta delta;
  std::tie(delta.added, delta.terms) = Unzip(LinesFor(list, change.added, change.allowed.added));
  delta.removed = Unzip(LinesFor(list, change.removed, change.allowed.removed)).first;
  Blocks retermed;
  for (const auto& [id, block] : retermed_) {
    // One that leaves with this very release needs no terms any more.
    const bool leaves = std::binary_search(delta.removed.begin(), delta.removed.end(),
                                           policy::LineOf(block.target));
    if (!leaves) retermed.push_back(&block);
  }
  std::tie(delta.retermed, delta.new_terms) = Unzip(LinesFor(list, retermed, {}));
  return delta;
}

Result<store::Release> Releases::Write(store::Transaction& transaction,
                                       history::HistoryWriter& history, const Change& change,
                                       const std::string& cause, policy::TimePoint now) {
  store::Release release{number_ + 1, now, cause, {}};
  draft_->number = release.number;
  for (const List& list : lists_) {
    const auto delta = std::make_shared<const policy::Delta>(DeltaOf(list.settings, change));
    publish::ListState next = list.state;
    if (!delta->empty() || number_ == 0 || lists_changed_) {
      auto applied = list.state.list->Apply(*delta);
      if (!applied) return tl::unexpected(applied.error());
      next = {release.number, std::move(*applied), list.state.list->id(), delta};
      draft_->lists.emplace_back(list.settings.name, next);
    }
    release.lists.push_back({list.settings.name, next.list->digest(), next.list->size(),
                             delta->added.size(), delta->removed.size(), next.list->id().terms,
                             delta->retermed.size()});
  }
  for (const Block* block : change.added) {
    Block stored = *block;
    stored.added_release = release.number;
    if (auto put = transaction.PutBlock(stored); !put) return tl::unexpected(put.error());
    draft_->added.push_back(block->id);
  }
  for (const Block* block : change.removed) {
    Block stored = *block;
    stored.removed_release = release.number;
    if (auto put = transaction.PutBlock(stored); !put) return tl::unexpected(put.error());
    draft_->removed.push_back(block->id);
  }
  if (!change.allowed.empty()) {
    auto allowed = allowed_->Apply(change.allowed);
    if (!allowed) return tl::unexpected(allowed.error());
    auto put = transaction.PutAllowed(change.allowed, release.number);
    if (!put) return tl::unexpected(put.error());
    draft_->allowed = std::move(*allowed);
  }
  if (auto put = transaction.PutRelease(release); !put) return tl::unexpected(put.error());
  auto recorded =
      history.Append(transaction, now, {"agent", "release.publish", "", DetailOf(release)});
  if (!recorded) return tl::unexpected(recorded.error());
  return release;
}

std::vector<std::pair<std::string, publish::ListState>> Releases::Commit() {
  if (!draft_) return {};
  Draft draft = std::move(*draft_);
  draft_.reset();
  for (const std::int64_t id : draft.added) waiting_.erase(id);
  for (const std::int64_t id : draft.removed) {
    const Block& block = leaving_.at(id).block;
    expiries_.erase({block.expires_at, id});
    const auto live = live_.find(policy::LineOf(block.target));
    if (live != live_.end() && live->second.id == id) live_.erase(live);
    NoLongerWaits(block);
    leaving_.erase(id);
  }
  if (draft.number == 0) return {};
  number_ = draft.number;
  lists_changed_ = false;
  passing_.clear();
  at_once_.clear();
  retermed_.clear();
  if (draft.allowed) {
    allowed_ = std::move(draft.allowed);
    CompareAllowed();
  }
  for (const auto& [name, state] : draft.lists) {
    const auto list = std::find_if(lists_.begin(), lists_.end(),
                                   [&](const List& each) { return each.settings.name == name; });
    list->state = state;
  }
  return std::move(draft.lists);
}

std::vector<std::pair<std::string, publish::ListState>> Releases::Current() const {
  std::vector<std::pair<std::string, publish::ListState>> all;
  for (const List& list : lists_) all.emplace_back(list.settings.name, list.state);
  return all;
}

}  // namespace agent
