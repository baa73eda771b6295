#pragma once

#include <functional>
#include <string>

#include "policy/result.h"

namespace exporters {

// Runs `work` with `name`'s network (as `ip netns` names it; empty for our own) and waits for it. A
// thread of its own joins the namespace, so that no other thread leaves ours; sockets and programs
// that it opens or starts stay in that namespace. `not_found` if there is none, `not_allowed`
// without CAP_SYS_ADMIN.
policy::Result<void> InNamespace(const std::string& name, const std::function<void()>& work);

}  // namespace exporters
