#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/assessment.h"
#include "agent/feeds/fetcher.h"
#include "policy/allowlist.h"
#include "policy/allowlist_format.h"
#include "policy/evaluate.h"

namespace agent {

struct FeedSettings {
  policy::FeedProfile profile;
  bool is_dated = true;  // feeds::FeedFormat
  bool is_own = false;   // likewise
};

struct AllowlistSettings {
  policy::AllowSource source;
};

struct WorldSettings {
  std::vector<FeedSettings> feeds;
  std::vector<AllowlistSettings> allowlists;
  // Entries that come from the configuration itself: own infrastructure, special purposes.
  std::vector<std::pair<policy::AllowSource, std::vector<policy::AllowEntry>>> fixed_allowlist;
  std::set<policy::IndicatorKind> let_through;        // the kinds that lists of the allowlist carry
  std::shared_ptr<const traffic::Traffic> traffic{};  // null where no log is followed
};

// The last good content of every feed and allowlist, and the World made of them. A value: the
// engine keeps one, and hands copies, which share their content, to the thread that builds.
class Sources {
 public:
  Sources(WorldSettings settings, policy::Policy policy,
          std::shared_ptr<const policy::PublicSuffixList> suffixes);

  struct Change {
    bool feeds = false;  // other content; that a list was served again unchanged is no change
    bool allowlist = false;
    std::vector<policy::AllowEntry> expired;  // in the allowlist when it came, and left out
  };
  // Takes over what a fetch brought, if it brought anything.
  Change Take(const feeds::FetchResult& result);
  // Whether it is of what we have seen ourselves.
  bool IsOwn(const feeds::FetchResult& result) const;
  // What an allowlist holds now; null if it was never loaded, or is not known.
  std::shared_ptr<const policy::ParsedAllowlist> AllowlistOf(const std::string& name) const;

  // Takes the entries out whose time has come by `now`, and says which, by allowlist.
  std::map<std::string, std::vector<policy::AllowEntry>> Expire(policy::TimePoint now);

  // Another content of one of `own_lists`.
  void SetOwn(const std::string& name, policy::ParsedAllowlist content);

  // Other rules than the configuration's, and how far feeds are believed; feeds that are not in
  // `profiles` as the configuration has them.
  void SetRules(policy::Policy policy, const std::vector<policy::FeedProfile>& profiles);
  const policy::Policy& policy() const { return policy_; }
  bool HasFeed(const std::string& name) const { return FindFeed(name) != nullptr; }

  // What people refused as false positives, and how often.
  void SetRefusals(std::map<policy::Indicator, std::uint32_t> refusals);

  // Compiles the allowlist anew only when it changed since `before`, which may be null.
  std::shared_ptr<const World> Build(const std::shared_ptr<const World>& before) const;

 private:
  struct Kept {
    std::shared_ptr<const feeds::FeedSnapshot> snapshot;
    std::optional<policy::TimePoint> served_again;  // as in World::Feed
  };

  const FeedSettings* FindFeed(const std::string& name) const;
  std::vector<World::List> Lists() const;
  std::shared_ptr<const policy::ListSnapshot> ListLetThrough(
      const std::vector<World::List>& lists) const;

  std::shared_ptr<const WorldSettings> settings_;
  std::map<std::string, policy::FeedProfile> profiles_;  // that differ from those of `settings_`
  std::vector<World::List> fixed_lists_;
  policy::Policy policy_;
  std::shared_ptr<const policy::PublicSuffixList> suffixes_;
  std::map<std::string, Kept> feeds_;
  std::map<std::string, std::shared_ptr<const policy::ParsedAllowlist>> allowlists_;
  std::shared_ptr<const std::map<policy::Indicator, std::uint32_t>> refusals_;
  std::uint64_t allowlist_version_ = 1;  // counts changes
  std::uint64_t version_ = 1;            // likewise, of any source
};

}  // namespace agent
