using Sluice.Cli;
using Sluice.Live;

return SluiceProgram.Run(args, LiveVerb.Make);
