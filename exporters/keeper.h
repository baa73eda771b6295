#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporters/assembler.h"
#include "exporters/exporter.h"
#include "exporters/held_list.h"
#include "exporters/last_known_good.h"
#include "exporters/receipt.h"
#include "platform/clock.h"

namespace exporters {

// What to do with a device that was found to enforce something else than it should.
enum class OnDrift { restore, report };

// Keeps one device at its last known good list and moves it to the next, without any network.
//
// Call Start once, then Take for each update and Check from time to time, all from one thread.
// Nothing is tried again by itself but the list that was already proven: what a device refused is
// reported, and that is all.
class Keeper {
 public:
  Keeper(Exporter& exporter, LastKnownGood store, OnDrift on_drift, std::string device,
         const platform::Clock& clock)
      : exporter_(exporter),
        store_(std::move(store)),
        on_drift_(on_drift),
        device_(std::move(device)),
        clock_(clock) {}

  // Loads the last known good, and has the device enforce it again if it lost it. Nothing if there
  // is none.
  std::optional<Receipt> Start();

  // Reads the device back; what follows from a drift is for `on_drift` to say. Nothing if there is
  // no list yet.
  std::optional<Receipt> Check();

  // Makes the device enforce an update. After a refusal that left the device changed, or not known,
  // the last known good is put back.
  Answer Take(const Update& update);

  // Null before the first list.
  const std::shared_ptr<const HeldList>& held() const { return held_; }

 private:
  // Applies from scratch, when what the device holds is not known.
  Outcome<Proof> ApplyWhole(const HeldList& held);
  Outcome<Proof> ApplyUpdate(const Update& update);
  // An update whose list is the one already held.
  Answer Confirm(const Update& update);
  Answer Refuse(const Update& update, Failure failure);
  std::optional<Failure> Hold(const Update& update);
  void ResolveNext();
  Receipt Restore(const Proof& found);

  Receipt Proven(const Proof& proof, bool drift) const;
  Receipt NotProven(std::string why, std::vector<std::string> difference = {}) const;

  Exporter& exporter_;
  LastKnownGood store_;
  OnDrift on_drift_;
  std::string device_;
  const platform::Clock& clock_;
  std::shared_ptr<const HeldList> held_;
  std::optional<HeldList> next_;  // was being applied when the exporter last stopped
  bool proven_ = false;           // the device enforced `held_` at the last look
};

}  // namespace exporters
