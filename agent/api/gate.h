#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

#include "agent/api/access.h"
#include "agent/api/identity.h"
#include "agent/people/people.h"
#include "platform/clock.h"
#include "policy/result.h"

namespace agent::api {

// Where every door asks, before it reads a request, whether its caller may make it. Any thread.
class Gate {
 public:
  // `people` may be null: then all callers are in the configuration.
  Gate(Identities identities, people::People* people, const platform::Clock& clock);

  // `unauthenticated` or `not_allowed`, both of which are logged. `peer` is for the log.
  policy::Result<Caller> Admit(const Credentials& credentials, std::string_view method,
                               std::string_view peer) const;

  // Asks the same again at any later time, which is no sign of life of a session.
  std::function<policy::Result<void>()> Later(Credentials credentials, std::string_view method,
                                              std::string_view peer) const;

  // Whether some credential of that name in the configuration may.
  bool May(const store::OpenActOf& act) const;

  // New settings hold from the next call on.
  void Replace(Identities identities);

 private:
  policy::Result<Caller> Identify(const Credentials& credentials) const;

  std::shared_ptr<const Identities> identities() const;

  people::People* const people_;
  const platform::Clock& clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Identities> identities_;
};

}  // namespace agent::api
