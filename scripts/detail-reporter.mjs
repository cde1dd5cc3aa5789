// Prints what stands beside the message of an error that failed a test: DETAIL and HINT, which vitest leaves out.
export default class DetailReporter {
  onTestRunEnd(modules) {
    for (const module of modules) {
      for (const error of errorsOf(module)) {
        if (error.detail === undefined) continue;
        console.log(
          `${module.relativeModuleId}: ${error.message}\nDETAIL: ${error.detail}\nHINT: ${error.hint}`,
        );
      }
    }
  }
}

/** Of its tests, and of what runs before and after them. */
function errorsOf(module) {
  const suites = [module, ...module.children.allSuites()].flatMap((suite) => suite.errors());
  const tests = [...module.children.allTests()].flatMap((test) => test.result().errors ?? []);
  return [...suites, ...tests];
}
