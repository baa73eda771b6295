#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "agent/notify/notifier.h"

namespace agent {

// Has a notifier work: one thread takes in what happened, and one for each channel sends, so that a
// channel that hangs holds up no other. All end with the object, soon.
class Notifying {
 public:
  explicit Notifying(notify::Notifier& notifier);

 private:
  std::vector<std::jthread> threads_;
};

}  // namespace agent
