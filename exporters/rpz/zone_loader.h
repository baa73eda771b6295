#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "exporters/exporter.h"
#include "exporters/rpz/primary.h"
#include "platform/subprocess.h"

namespace exporters::rpz {

// Gives the primary a whole zone by its master file, which is checked on a scratch copy and
// replaced by rename. The primary serves the old zone from memory meanwhile.
//
// If it does not serve the new serial then, the old file comes back and is loaded again, so that a
// restart of the primary would not start without rules. Not thread-safe.
class ZoneLoader {
 public:
  struct Files {
    std::filesystem::path zone;
    std::filesystem::path scratch;
  };
  ZoneLoader(Files files, std::chrono::milliseconds timeout);
  ZoneLoader(const ZoneLoader&) = delete;
  ZoneLoader& operator=(const ZoneLoader&) = delete;
  virtual ~ZoneLoader() = default;

  // "BIND 9.18.49-1~deb12u3-Debian (Extended Support Version)"; `unavailable` if the primary
  // doesn't run.
  virtual policy::Result<std::string> Version() const = 0;
  // Whether the checker can be run at all.
  virtual policy::Result<void> FindChecker() const = 0;

  // After an update: has the primary tell its secondaries at once, if it would wait. They hear of
  // it in any case, so a failure is only logged.
  virtual void Announce() const {}

  // `served` says whether the primary serves the zone now.
  Outcome<void> Load(const std::string& bytes, std::uint32_t serial, bool served,
                     const Primary& primary) const;

 protected:
  virtual std::vector<std::string> CheckCommand(const std::filesystem::path& file) const = 0;
  // Keeps the primary from writing the file, and from taking updates; of a zone that is served.
  virtual policy::Result<void> Hold(const Primary& primary) const = 0;
  // Has the primary read the file of a zone that it doesn't serve yet, or that is held. Ends Hold.
  virtual policy::Result<void> Reload(bool served) const = 0;

  // Runs a program, and fails with `what` and its last words unless it exits with 0.
  policy::Result<platform::ProcessOutput> Run(const std::vector<std::string>& command,
                                              const std::string& what,
                                              policy::ErrorCode code) const;

  const std::filesystem::path& zone_file() const { return files_.zone; }
  const std::filesystem::path& previous() const { return previous_; }
  std::chrono::milliseconds timeout() const { return timeout_; }

 private:
  policy::Result<void> Check(const std::string& bytes) const;
  bool BecomesServed(std::uint32_t serial, const Primary& primary) const;
  Failure TakeBack(bool served) const;

  Files files_;
  std::filesystem::path previous_;
  std::chrono::milliseconds timeout_;
};

}  // namespace exporters::rpz
