#include "agent/sources.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "agent/own_allowlist.h"
#include "policy/let_through.h"

namespace agent {
namespace {

using feeds::FeedSnapshot;
using policy::AllowEntry;
using policy::ParsedAllowlist;

std::vector<AllowEntry> TakeExpired(std::shared_ptr<const ParsedAllowlist>& list,
                                    policy::TimePoint now) {
  std::vector<AllowEntry> expired;
  for (const AllowEntry& entry : list->entries) {
    if (policy::IsExpired(entry, now)) expired.push_back(entry);
  }
  if (expired.empty()) return expired;
  auto left = std::make_shared<ParsedAllowlist>(*list);
  std::erase_if(left->entries,
                [now](const AllowEntry& entry) { return policy::IsExpired(entry, now); });
  list = std::move(left);
  return expired;
}

}  // namespace

Sources::Sources(WorldSettings settings, policy::Policy policy,
                 std::shared_ptr<const policy::PublicSuffixList> suffixes)
    : settings_(std::make_shared<const WorldSettings>(std::move(settings))),
      policy_(std::move(policy)),
      suffixes_(std::move(suffixes)) {
  for (const FeedSettings& feed : settings_->feeds) feeds_[feed.profile.name];
  for (const AllowlistSettings& list : settings_->allowlists) allowlists_[list.source.name];
  for (const auto& [source, entries] : settings_->fixed_allowlist) {
    fixed_lists_.push_back(
        {source, std::make_shared<const ParsedAllowlist>(ParsedAllowlist{entries, {}})});
  }
  for (const policy::AllowSource& list : own_lists) SetOwn(list.name, {});
}

void Sources::SetOwn(const std::string& name, ParsedAllowlist content) {
  allowlists_[name] = std::make_shared<const ParsedAllowlist>(std::move(content));
  ++allowlist_version_;
  ++version_;
}

void Sources::SetRules(policy::Policy policy, const std::vector<policy::FeedProfile>& profiles) {
  policy_ = std::move(policy);
  profiles_.clear();
  for (policy::FeedProfile profile : profiles) {
    const FeedSettings* const feed = FindFeed(profile.name);
    if (feed == nullptr) continue;
    // What a feed is does not change, only how far it is believed.
    profile.role = feed->profile.role;
    profiles_.emplace(profile.name, std::move(profile));
  }
  ++version_;
}

Sources::Change Sources::Take(const feeds::FetchResult& result) {
  if (result.kind == feeds::SourceKind::allowlist) {
    const auto known = allowlists_.find(result.source);
    if (known == allowlists_.end() || !result.parsed) return {};
    known->second = std::get<std::shared_ptr<const ParsedAllowlist>>(result.parsed->content);
    ++allowlist_version_;
    ++version_;
    return {.allowlist = true, .expired = TakeExpired(known->second, result.at)};
  }
  const auto known = feeds_.find(result.source);
  if (known == feeds_.end()) return {};
  if (result.parsed) {
    const auto& snapshot = std::get<std::shared_ptr<const FeedSnapshot>>(result.parsed->content);
    known->second = {snapshot, std::nullopt};
    ++version_;
    return {.feeds = true};
  }
  if (result.outcome == feeds::FetchOutcome::unchanged && known->second.snapshot) {
    // A list without times says "now" each time it is served.
    known->second.served_again = result.at;
  } else if (!known->second.snapshot && FindFeed(result.source)->is_own) {
    // What a feed elsewhere said is not known while it can't be fetched. Our own tally is here, or
    // there is none: a log that is not there yet has nothing to say, and nothing waits for it.
    known->second.snapshot = std::make_shared<const FeedSnapshot>();
  } else {
    return {};
  }
  ++version_;
  return {.feeds = true};
}

const FeedSettings* Sources::FindFeed(const std::string& name) const {
  const auto found =
      std::find_if(settings_->feeds.begin(), settings_->feeds.end(),
                   [&](const FeedSettings& feed) { return feed.profile.name == name; });
  return found == settings_->feeds.end() ? nullptr : &*found;
}

bool Sources::IsOwn(const feeds::FetchResult& result) const {
  const FeedSettings* feed =
      result.kind == feeds::SourceKind::feed ? FindFeed(result.source) : nullptr;
  return feed != nullptr && feed->is_own;
}

std::shared_ptr<const ParsedAllowlist> Sources::AllowlistOf(const std::string& name) const {
  const auto known = allowlists_.find(name);
  return known == allowlists_.end() ? nullptr : known->second;
}

std::map<std::string, std::vector<AllowEntry>> Sources::Expire(policy::TimePoint now) {
  std::map<std::string, std::vector<AllowEntry>> expired;
  for (auto& [name, parsed] : allowlists_) {
    if (!parsed) continue;
    if (auto entries = TakeExpired(parsed, now); !entries.empty()) {
      expired.emplace(name, std::move(entries));
    }
  }
  if (!expired.empty()) {
    ++allowlist_version_;
    ++version_;
  }
  return expired;
}

void Sources::SetRefusals(std::map<policy::Indicator, std::uint32_t> refusals) {
  refusals_ =
      std::make_shared<const std::map<policy::Indicator, std::uint32_t>>(std::move(refusals));
}

std::vector<World::List> Sources::Lists() const {
  std::vector<World::List> lists = fixed_lists_;
  for (const AllowlistSettings& list : settings_->allowlists) {
    lists.push_back({list.source, allowlists_.at(list.source.name)});
  }
  for (const policy::AllowSource& list : own_lists) {
    lists.push_back({list, allowlists_.at(list.name)});
  }
  return lists;
}

std::shared_ptr<const policy::Allowlist> Compile(const std::vector<World::List>& lists,
                                                 const policy::PublicSuffixList& suffixes) {
  policy::Allowlist::Builder builder(suffixes);
  for (const World::List& list : lists) {
    if (list.content) builder.Add(list.source, list.content->entries);
  }
  return std::make_shared<const policy::Allowlist>(std::move(builder).Build());
}

std::shared_ptr<const policy::ListSnapshot> Sources::ListLetThrough(
    const std::vector<World::List>& lists) const {
  if (settings_->let_through.empty()) return nullptr;
  std::vector<std::string> lines;
  for (const World::List& list : lists) {
    if (!list.content) continue;
    policy::AppendLetThrough(list.source, list.content->entries, settings_->let_through, *suffixes_,
                             lines);
  }
  return policy::ListSnapshot::FromLines(std::move(lines));
}

std::shared_ptr<const World> Sources::Build(const std::shared_ptr<const World>& before) const {
  const bool is_same_allowlist = before && before->allowlist_version == allowlist_version_;
  auto lists = Lists();
  auto world = std::make_shared<World>(World{
      .policy = policy_,
      .suffixes = suffixes_,
      .allowlist = is_same_allowlist ? before->allowlist : Compile(lists, *suffixes_),
      .let_through = is_same_allowlist ? before->let_through : ListLetThrough(lists),
      .lists = std::move(lists),
      .refusals = refusals_,
      .traffic = settings_->traffic,
      .allowlist_version = allowlist_version_,
      .version = version_,
  });
  for (const FeedSettings& feed : settings_->feeds) {
    const auto& [snapshot, served_again] = feeds_.at(feed.profile.name);
    const auto changed = profiles_.find(feed.profile.name);
    world->feeds.push_back({changed == profiles_.end() ? feed.profile : changed->second, snapshot,
                            feed.is_dated, feed.is_dated ? std::nullopt : served_again});
    if (!snapshot) world->missing_feeds.push_back(feed.profile.name);
  }
  for (const auto& [name, parsed] : allowlists_) {
    if (!parsed) world->missing_allowlists.push_back(name);
  }
  return world;
}

}  // namespace agent
