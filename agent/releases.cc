#include "agent/releases.h"

#include <algorithm>
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

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string DetailOf(const store::Release& release) {
  Json lists = Json::array();
  for (const store::ReleaseList& list : release.lists) {
    lists.push_back({{"list", list.list},
                     {"digest", policy::ToHex(list.digest)},
                     {"count", list.count},
                     {"added", list.added},
                     {"removed", list.removed}});
  }
  return Dump({{"release", release.number}, {"cause", release.cause}, {"lists", lists}});
}

}  // namespace

bool Releases::Carries(const List& list, const policy::Indicator& target) const {
  const auto& kinds = list.settings.kinds;
  return std::find(kinds.begin(), kinds.end(), policy::KindOf(target)) != kinds.end();
}

Result<void> Releases::Load(store::Reader& reader) {
  live_.clear();
  expiries_.clear();
  waiting_.clear();
  at_once_.clear();
  leaving_.clear();
  draft_.reset();
  auto read = reader.ForEachLiveBlock([this](const Block& block) {
    Add(block);
    if (block.added_release) waiting_.erase(block.id);
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
  std::vector<std::vector<std::string>> lines(lists_.size());
  auto read = reader.ForEachBlockAt(number_, [&](const Block& block) {
    for (std::size_t i = 0; i < lists_.size(); ++i) {
      if (Carries(lists_[i], block.target)) lines[i].push_back(policy::LineOf(block.target));
    }
    return true;
  });
  if (!read) return read;
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    publish::ListState& state = lists_[i].state;
    state.release = number_;
    state.list = policy::ListSnapshot::FromLines(std::move(lines[i]));
    const std::string& name = lists_[i].settings.name;
    const auto recorded = std::find_if(latest.lists.begin(), latest.lists.end(),
                                       [&](const auto& list) { return list.list == name; });
    if (recorded == latest.lists.end()) {
      lists_changed_ = true;
    } else if (recorded->digest != state.list->digest()) {
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
  waiting_.emplace(block.id, block);
}

void Releases::AddAtOnce(const Block& block) {
  Add(block);
  at_once_.insert(block.id);
}

void Releases::ChangeEnd(const Block& block) {
  Live& live = live_.at(policy::LineOf(block.target));
  expiries_.erase({live.expires, block.id});
  live.expires = block.expires_at;
  expiries_.emplace(live.expires, block.id);
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
      return static_cast<std::size_t>(
          std::count_if(blocks.begin(), blocks.end(),
                        [&](const Block* block) { return Carries(list, block->target); }));
    };
    auto why =
        policy::TooLargeAChange(list.state.list->size(), count(added), count(removed), limits_);
    if (why) return "list \"" + list.settings.name + "\": " + *why;
  }
  return std::nullopt;
}

Result<bool> Releases::MayPass(store::Transaction& transaction, history::HistoryWriter& history,
                               const std::string& direction, const Blocks& blocks,
                               policy::TimePoint now) {
  if (blocks.empty() || passing_.contains(direction)) return true;
  auto brakes = transaction.OpenBrakes();
  if (!brakes) return tl::unexpected(brakes.error());
  for (const store::Brake& brake : *brakes) {
    if (brake.direction == direction) return false;
  }
  const auto why = direction == "add" ? TooLarge(blocks, {}) : TooLarge({}, blocks);
  if (!why) return true;
  auto id = transaction.PutBrake({0, now, direction, *why, std::nullopt, ""});
  if (!id) return tl::unexpected(id.error());
  auto recorded = history.Append(
      transaction, now,
      {"agent", "brake.engage", "",
       Dump(
           {{"brake", *id}, {"direction", direction}, {"held", blocks.size()}, {"reason", *why}})});
  if (!recorded) return tl::unexpected(recorded.error());
  return false;
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
  auto add_passes = MayPass(transaction, history, "add", added, now);
  if (!add_passes) return tl::unexpected(add_passes.error());
  if (!*add_passes) added.clear();
  added.insert(added.end(), at_once.begin(), at_once.end());
  auto remove_passes = MayPass(transaction, history, "remove", lapsing, now);
  if (!remove_passes) return tl::unexpected(remove_passes.error());
  if (*remove_passes) removed.insert(removed.end(), lapsing.begin(), lapsing.end());

  // The first release may be empty: it tells devices that nothing is to be blocked.
  if (added.empty() && removed.empty() && number_ > 0 && !lists_changed_) {
    return std::optional<store::Release>();
  }
  auto release = Write(transaction, history, added, removed, cause, now);
  if (!release) return tl::unexpected(release.error());
  return std::optional<store::Release>(std::move(*release));
}

Result<store::Release> Releases::Write(store::Transaction& transaction,
                                       history::HistoryWriter& history, const Blocks& added,
                                       const Blocks& removed, const std::string& cause,
                                       policy::TimePoint now) {
  store::Release release{number_ + 1, now, cause, {}};
  draft_->number = release.number;
  for (const List& list : lists_) {
    auto delta = std::make_shared<policy::Delta>();
    for (const Block* block : added) {
      if (Carries(list, block->target)) delta->added.push_back(policy::LineOf(block->target));
    }
    for (const Block* block : removed) {
      if (Carries(list, block->target)) delta->removed.push_back(policy::LineOf(block->target));
    }
    std::sort(delta->added.begin(), delta->added.end());
    std::sort(delta->removed.begin(), delta->removed.end());
    publish::ListState next = list.state;
    if (!delta->empty() || number_ == 0 || lists_changed_) {
      auto applied = list.state.list->Apply(*delta);
      if (!applied) return tl::unexpected(applied.error());
      next = {release.number, std::move(*applied), list.state.list->digest(), delta};
      draft_->lists.emplace_back(list.settings.name, next);
    }
    release.lists.push_back({list.settings.name, next.list->digest(), next.list->size(),
                             delta->added.size(), delta->removed.size()});
  }
  for (const Block* block : added) {
    Block stored = *block;
    stored.added_release = release.number;
    if (auto put = transaction.PutBlock(stored); !put) return tl::unexpected(put.error());
    draft_->added.push_back(block->id);
  }
  for (const Block* block : removed) {
    Block stored = *block;
    stored.removed_release = release.number;
    if (auto put = transaction.PutBlock(stored); !put) return tl::unexpected(put.error());
    draft_->removed.push_back(block->id);
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
    waiting_.erase(id);
    leaving_.erase(id);
  }
  if (draft.number == 0) return {};
  number_ = draft.number;
  lists_changed_ = false;
  passing_.clear();
  at_once_.clear();
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
