#include "agent/sources.h"

#include <algorithm>
#include <utility>
#include <variant>

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

void Sources::ForEachAllowed(const std::function<void(const policy::AllowSource&,
                                                      std::span<const AllowEntry>)>& visit) const {
  for (const auto& [source, entries] : settings_->fixed_allowlist) visit(source, entries);
  for (const AllowlistSettings& list : settings_->allowlists) {
    const auto& parsed = allowlists_.at(list.source.name);
    if (parsed) visit(list.source, parsed->entries);
  }
}

std::shared_ptr<const policy::Allowlist> Sources::CompileAllowlist() const {
  policy::Allowlist::Builder builder(*suffixes_);
  ForEachAllowed([&](const auto& source, auto entries) { builder.Add(source, entries); });
  return std::make_shared<const policy::Allowlist>(std::move(builder).Build());
}

std::shared_ptr<const policy::ListSnapshot> Sources::ListLetThrough() const {
  if (settings_->let_through.empty()) return nullptr;
  std::vector<std::string> lines;
  ForEachAllowed([&](const auto& source, auto entries) {
    policy::AppendLetThrough(source, entries, settings_->let_through, *suffixes_, lines);
  });
  return policy::ListSnapshot::FromLines(std::move(lines));
}

std::shared_ptr<const World> Sources::Build(const std::shared_ptr<const World>& before) const {
  const bool is_same_allowlist = before && before->allowlist_version == allowlist_version_;
  auto world = std::make_shared<World>(World{
      .policy = policy_,
      .suffixes = suffixes_,
      .allowlist = is_same_allowlist ? before->allowlist : CompileAllowlist(),
      .let_through = is_same_allowlist ? before->let_through : ListLetThrough(),
      .refusals = refusals_,
      .allowlist_version = allowlist_version_,
      .version = version_,
  });
  for (const FeedSettings& feed : settings_->feeds) {
    const auto& [snapshot, served_again] = feeds_.at(feed.profile.name);
    world->feeds.push_back(
        {feed.profile, snapshot, feed.is_dated, feed.is_dated ? std::nullopt : served_again});
    if (!snapshot) world->missing_feeds.push_back(feed.profile.name);
  }
  for (const auto& [name, parsed] : allowlists_) {
    if (!parsed) world->missing_allowlists.push_back(name);
  }
  return world;
}

}  // namespace agent
