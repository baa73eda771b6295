#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/history/history_writer.h"
#include "agent/publish/publication.h"
#include "agent/store/store.h"
#include "policy/guardrail.h"
#include "policy/indicator.h"
#include "policy/release.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent {

enum class ListContent : std::uint8_t {
  blocks,     // what people approved
  allowlist,  // what devices may be told to let through: needs no approval, since it only allows
};

struct ListSettings {
  std::string name;
  std::vector<policy::IndicatorKind> kinds;
  ListContent content = ListContent::blocks;
};
// Whether a block of `target` goes into the list.
bool CarriesBlock(const ListSettings& list, const policy::Indicator& target);
// Whether a line of the allowlist does.
bool CarriesAllowed(const ListSettings& list, std::string_view line);

// Why a block leaves, which says whether a brake may hold it.
enum class Departure : std::uint8_t {
  by_person,     // revoked
  by_allowlist,  // must not be blocked any more
  by_itself,     // expired, or nothing supports it any more
};

// The blocks in force and the lists made of them, in memory, as the store has them; makes releases
// of what changed. A change of one costs nothing that grows with the number of blocks but the
// making of the new list's text.
//
// A release is always exactly what is published: what a brake holds is in none (added) or still in
// all (removed). Removals by people and by the allowlist pass every brake, and so do
// emergency blocks. Lists of the allowlist have a brake of their own on removals, since what is no
// longer let through may be blocked by others.
//
// Not thread-safe: owned by the engine thread. After a transaction was rolled back, call Load.
class Releases {
 public:
  Releases(std::vector<ListSettings> lists, policy::ChangeLimits limits)
      : list_settings_(std::move(lists)), limits_(limits) {}

  // Reads everything anew. `corrupt` if a list is not what its release recorded.
  policy::Result<void> Load(store::Reader& reader);

  // Whether the target is blocked, or approved and on its way.
  bool Holds(const policy::Indicator& target) const {
    return live_.contains(policy::LineOf(target));
  }
  // Whether it is this block.
  bool Holds(const store::Block& block) const {
    const auto live = live_.find(policy::LineOf(block.target));
    return live != live_.end() && live->second.id == block.id;
  }
  std::size_t size() const { return live_.size(); }
  // Blocks that end at or before `now` and are not leaving yet.
  std::vector<std::int64_t> ExpiredBy(policy::TimePoint now) const;
  // Blocks approved before `then` that no release has taken since, and that are not leaving yet.
  std::vector<std::int64_t> WaitingSince(policy::TimePoint then) const;
  struct Live {
    std::int64_t id;
    policy::TimePoint expires;
    bool manual;
    bool leaving;
  };
  const std::unordered_map<std::string, Live>& live() const { return live_; }  // by line

  // A bulk decision's blocks wait for its end and then go into one release, so that a brake sees
  // all of them. Load knows those that are running.
  void BeginBulk(std::int64_t bulk) { bulk_.try_emplace(bulk); }
  void EndBulk(std::int64_t bulk);
  std::optional<std::int64_t> OldestBulk() const;

  // The block waits for, or leaves with, the next release.
  void Add(const store::Block& block);
  // The same, past every brake.
  void AddAtOnce(const store::Block& block);
  // A block in force ends at another time than before, or stands on others' word: devices learn of
  // it by the next release.
  void ChangeEnd(const store::Block& block);
  void Remove(const store::Block& block, Departure departure);
  // What lists of the allowlist shall hold from the next release on; all kinds.
  void SetAllowed(std::shared_ptr<const policy::ListSnapshot> wanted);
  // A person released the brake: the next Compose passes what it held.
  void Pass(const std::string& direction) { passing_.insert(direction); }

  // Makes the next release of what changed, within `transaction`; none if nothing changed or a
  // brake holds all of it. A new brake is stored and recorded too.
  policy::Result<std::optional<store::Release>> Compose(store::Transaction& transaction,
                                                        history::HistoryWriter& history,
                                                        const std::string& cause,
                                                        policy::TimePoint now);
  // After the commit: makes it the state in memory, and gives the lists that changed.
  std::vector<std::pair<std::string, publish::ListState>> Commit();

  // All lists, for publishing at the start.
  std::vector<std::pair<std::string, publish::ListState>> Current() const;
  std::uint64_t number() const { return number_; }

  // Blocks that each brake holds.
  std::size_t held(const std::string& direction) const;
  // Whether a block is leaving, and a brake may hold it.
  bool IsLapsing(std::int64_t id) const;

 private:
  struct List {
    ListSettings settings;
    publish::ListState state;
  };
  struct Leaving {
    store::Block block;
    Departure departure;
  };
  // What the release under way will make of the state, once it is committed.
  struct Draft {
    std::uint64_t number = 0;
    std::vector<std::pair<std::string, publish::ListState>> lists;
    std::vector<std::int64_t> added;
    std::vector<std::int64_t> removed;
    std::shared_ptr<const policy::ListSnapshot> allowed;
  };
  // What a release changes.
  struct Change {
    std::vector<const store::Block*> added;
    std::vector<const store::Block*> removed;
    policy::Delta allowed;
    bool empty() const { return added.empty() && removed.empty() && allowed.empty(); }
  };

  void NoLongerWaits(const store::Block& block);
  policy::Result<void> LoadLists(store::Reader& reader, const store::Release& latest);
  // Why the change is too large for some list, if it is.
  std::optional<std::string> TooLarge(const std::vector<const store::Block*>& added,
                                      const std::vector<const store::Block*>& removed) const;
  std::optional<std::string> TooManyDisallowed() const;
  // Fails on errors; otherwise whether the direction, of `count` entries, may pass. `too_large`
  // says why not.
  policy::Result<bool> MayPass(store::Transaction& transaction, history::HistoryWriter& history,
                               const std::string& direction, std::size_t count,
                               const std::function<std::optional<std::string>()>& too_large,
                               policy::TimePoint now);
  // What lists of the allowlist gain and lose, after their brake.
  policy::Result<policy::Delta> AllowedChange(store::Transaction& transaction,
                                              history::HistoryWriter& history,
                                              policy::TimePoint now);
  policy::Result<store::Release> Write(store::Transaction& transaction,
                                       history::HistoryWriter& history, const Change& change,
                                       const std::string& cause, policy::TimePoint now);
  // What becomes of one list.
  policy::Delta DeltaOf(const ListSettings& list, const Change& change) const;
  void CompareAllowed();

  const std::vector<ListSettings> list_settings_;
  const policy::ChangeLimits limits_;
  std::uint64_t number_ = 0;
  std::vector<List> lists_;
  std::unordered_map<std::string, Live> live_;
  std::set<std::pair<policy::TimePoint, std::int64_t>> expiries_;
  std::map<std::int64_t, store::Block> waiting_;
  std::map<std::int64_t, std::map<std::int64_t, store::Block>> bulk_;  // that are running
  std::set<std::int64_t> at_once_;                                     // of those that wait
  std::map<std::int64_t, Leaving> leaving_;
  std::map<std::int64_t, store::Block> retermed_;  // in force, but on other terms than released
  std::shared_ptr<const policy::ListSnapshot> allowed_ = policy::ListSnapshot::Empty();
  std::shared_ptr<const policy::ListSnapshot> allowed_wanted_;  // null before it is known
  policy::Delta allowed_change_;                                // from one to the other
  std::set<std::string> passing_;  // directions that a person let through
  std::optional<Draft> draft_;
  bool lists_changed_ = false;  // the configuration has a list that the latest release lacks
};

}  // namespace agent
