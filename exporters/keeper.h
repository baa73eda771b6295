#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporters/assembler.h"
#include "exporters/expiry.h"
#include "exporters/exporter.h"
#include "exporters/fit.h"
#include "exporters/held_list.h"
#include "exporters/last_known_good.h"
#include "exporters/receipt.h"
#include "platform/clock.h"

namespace exporters {

// What to do with a device that was found to enforce something else than it should.
enum class OnDrift { restore, report };

// Keeps one device at its last known good list and moves it to the next, without any network.
//
// Call Start once, then Take for each update, Check and EndLines from time to time, all from one
// thread. The exporter is given no more than the device has room for.
// Nothing is tried again by itself but the list that was already proven: what a device refused is
// reported, and that is all.
class Keeper {
 public:
  // `entries_max`: that the device takes, whatever its exporter knows of; 0 for no bound.
  Keeper(Exporter& exporter, LastKnownGood store, OnDrift on_drift, std::string device,
         const platform::Clock& clock, std::uint64_t entries_max = 0);

  // Loads the last known good, and has the device enforce it again if it lost it. Nothing if there
  // is none.
  std::optional<Receipt> Start();

  // Reads the device back; what follows from a drift is for `on_drift` to say. Nothing if there is
  // no list yet.
  std::optional<Receipt> Check();

  // Makes the device enforce an update. After a refusal that left the device changed, or not known,
  // the last known good is put back.
  Answer Take(const Update& update);

  // Ends lines whose time is over, some at a time, if the agent is `away`: while it is there, it
  // decides. Nothing if nothing was due.
  std::optional<Receipt> EndLines(bool away);

  // Null before the first list.
  const std::shared_ptr<const HeldList>& held() const { return goal_.held; }
  // Entries that the device is given at most; 0 for no bound.
  std::uint64_t capacity() const { return capacity_; }

 private:
  // A list, and what of it the device shall enforce.
  struct Goal {
    std::shared_ptr<const HeldList> held;
    Fitted fitted;
  };

  Goal GoalOf(HeldList held) const;
  void SetGoal(Goal goal);
  // Applies from scratch, when what the device holds is not known.
  Outcome<Proof> ApplyWhole(const Goal& goal);
  // Stores it, has the device move on to it, and makes it the last known good.
  Outcome<Proof> MoveTo(const Goal& goal);
  // An update by which the device has nothing to change.
  Answer Confirm(const Update& update, Goal goal);
  Answer Refuse(const Update& update, Failure failure);
  std::optional<Failure> Hold(Goal goal);
  void ResolveNext();
  Receipt Restore(const Proof& found);

  Receipt Proven(const Proof& proof, bool drift) const;
  Receipt NotProven(std::string why, std::vector<std::string> difference = {}) const;

  Exporter& exporter_;
  LastKnownGood store_;
  OnDrift on_drift_;
  std::string device_;
  const platform::Clock& clock_;
  const std::vector<std::string> kinds_;  // that the device enforces
  const std::uint64_t capacity_;
  Expiry expiry_;
  Goal goal_;                 // the last known good
  std::optional<Goal> next_;  // was being applied when the exporter last stopped
  bool proven_ = false;       // the device enforced the goal at the last look
};

}  // namespace exporters
