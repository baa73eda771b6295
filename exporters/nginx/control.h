#pragma once

#include <filesystem>
#include <string>

#include "exporters/exporter.h"
#include "exporters/nginx/settings.h"
#include "platform/clock.h"
#include "policy/result.h"

namespace exporters::nginx {

Result<std::string> VersionOf(const Settings& settings);  // "nginx 1.22.1"

// Has `nginx -t` read `artifact` in a scratch configuration in `folder`, which is then removed.
// Changes nothing.
Result<void> Check(const Settings& settings, const Artifact& artifact,
                   const std::filesystem::path& folder);

// Tells nginx's master process to read its configuration again, and returns when no worker from
// before takes requests any more. `not_found` if it does not run; `exhausted` if the workers stay,
// as they do where nginx can't use the new configuration.
Result<void> Reload(const Settings& settings, const platform::Clock& clock);

enum class Answer { blocked, let_through, no_answer };

// What nginx answers us for `host`.
Answer Ask(const Settings& settings, const std::string& host);

}  // namespace exporters::nginx
