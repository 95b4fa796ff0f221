/** A plugin of `deno lint`: functions in notebooks are short, since longer ones belong in lib/. */

/** The longest function that a cell may have, in lines. */
export const longestFunction = 5;

const plugin: Deno.lint.Plugin = {
  name: "notebook",
  rules: {
    "function-length": {
      create(context) {
        const look = (node: Deno.lint.Node) => {
          const lines = context.sourceCode.getText(node).split("\n").length;
          if (lines <= longestFunction) return;
          context.report({
            node,
            message: `a function of ${lines} lines, where ${longestFunction} are allowed`,
            hint: "Move it to lib/",
          });
        };
        return {
          FunctionDeclaration: look,
          FunctionExpression: look,
          ArrowFunctionExpression: look,
        };
      },
    },
  },
};

export default plugin;
